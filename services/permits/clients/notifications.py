"""Our side of the notifications service: it takes in news."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic_core import to_json

from shared.contracts.fields import write_moment
from shared.contracts.messages import Answers
from shared.contracts.parties import Caller
from shared.dispatcher import Broke, Letter
from shared.service_client import Away, Service
from shared.strict_json import parse_json, validate

MYSELF = Caller(service="permits")


class Notifications:
    """Carries news to notifications."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def deliver(self, letters: Sequence[Letter]) -> Mapping[UUID, bool]:
        """Deliver a batch of news; answers for each whether it was taken in."""
        reply = await self._service.call(
            "POST",
            "/inside/news",
            caller=MYSELF,
            body=f'{{"letters":[{",".join(write_news(letter) for letter in letters)}]}}'.encode(),
            headers={"Content-Type": "application/json"},
        )
        if reply.status == 503:
            raise Away("notifications answered 503")
        if reply.status != 200:
            raise Broke(f"notifications answered {reply.status}")
        answers = validate(Answers, parse_json(reply.body))
        return {answer.id: answer.outcome == "taken" for answer in answers.answers}


def write_news(letter: Letter) -> str:
    """Write a letter (contract `News`) around its data and its audience, which are JSON as it was written down."""
    head = {name: letter[name] for name in ("id", "type", "subject", "sequence")}
    head["at"] = write_moment(letter["at"])
    return f'{to_json(head).decode()[:-1]},"data":{letter["data"]},"audience":{letter["audience"]}}}'
