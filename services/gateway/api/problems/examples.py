"""The examples of the routes of problem codes, written by the code that answers them."""

from services.gateway.api.problems.descriptions import describe_problem, list_problems
from services.gateway.api.routing.problems import EXAMPLE_HUB
from services.gateway.api.routing.route import Example

LIST_PROBLEMS = Example(
    response={"data": list_problems(EXAMPLE_HUB).model_dump(mode="json")["data"][:1], "next_cursor": None}
)
READ_PROBLEM = Example(response=describe_problem("reference-taken", EXAMPLE_HUB).model_dump(mode="json"))
