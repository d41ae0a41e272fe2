"""The data of every type of event the hub tells, with an example of each: what partners build on."""
