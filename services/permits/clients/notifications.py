"""Our side of the notifications service: it takes in news."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.calls import Away, Service
from shared.contracts.letters import Answers, Audience, News, NewsBatch
from shared.contracts.people import Caller
from shared.courier import Broke, Letter
from shared.strict import parse_json, validate

MYSELF = Caller(service="permits")


class Notifications:
    """Carries news to notifications."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def deliver(self, letters: Sequence[Letter]) -> Mapping[UUID, bool]:
        """Deliver a batch of news; answers for each whether it was taken in."""
        batch = NewsBatch(letters=tuple(_news(letter) for letter in letters))
        reply = await self._service.call(
            "POST",
            "/inside/news",
            caller=MYSELF,
            body=batch.model_dump_json().encode(),
            headers={"Content-Type": "application/json"},
        )
        if reply.status == 503:
            raise Away("notifications answered 503")
        if reply.status != 200:
            raise Broke(f"notifications answered {reply.status}")
        answers = validate(Answers, parse_json(reply.body))
        return {answer.id: answer.outcome == "taken" for answer in answers.answers}


def _news(letter: Letter) -> News:
    return News(
        id=letter["id"],
        type=letter["type"],
        subject=letter["subject"],
        sequence=letter["sequence"],
        at=letter["at"],
        data=letter["data"],
        audience=Audience.model_validate(letter["audience"]),
    )
