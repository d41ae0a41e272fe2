"""The data of every event type, with an example of each. Partners build on them."""
