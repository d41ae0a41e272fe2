"""The rules of prose: the words, the length of a sentence, the first word of docstrings and of test names."""

import re
from collections.abc import Iterator

from tests.prose.passages import Kind, Passage, sentences, words

MAX_WORDS = 25
MAX_TEST_NAME = 90

FIRST_WORDS = frozenset("what who whom whose whoever whatever whichever of".split())
"""No sentence begins with one of these: its subject would come late or never."""

NOT_USED = {
    r"anew": "again",
    r"strokes?": "one transaction, at once",
    r"besides?": "in addition to, next to",
    r"save (?:for|that|where|when)|(?<=,) save(?= )": "except",
    r"whoever": "name the actor",
    r"lest": "so that … not",
    r"stands|stood": "applies, remains, is",
    r"told|hears|hear|heard": "receives, is notified, learns",
    r"meanwhile": "in the same time, during …",
    r"for ever": "without an end",
    r"by (?:itself|themselves)": "alone, automatically",
    r"so much as": "even",
    r"(?:\d[\d,.]*|once|twice|times|one|two|three|many|few|requests?|messages|rows|events|deliveries|declarations|bytes|[kM]?B)"
    r" an? (?:second|minute|hour|day|week|month|year|core|line|row|request|process|party)": "per",
    r"an? (?:process|line|row|table|job|worker|column|figure|sentence) an? \w+": "one … per …",
    r"news": "events",
    r"couriers?": "dispatcher",
    r"lanes?": "delivery queue",
    r"letters?": "outbox message, submission",
    r"g(?:ive|ives|ave|iving) way": "displacement: is ended by a smaller endorsement",
    r"our fault": "Internal Server Error",
    r"knocks?|knocked": "call, request",
    r"hearers?": "audience, subscribers",
    r"wrong turns?": "invalid transition",
    r"papers": "permits, documents",
}
ALLOWED = re.compile(
    r"letters (?:and|or) digits|(?:capital|Latin|ASCII|same|small) letters?|refusal letter"
    r"|letters? of (?:a|the|its|their) (?:\w+ )?lines?",
    re.IGNORECASE,
)
"""Phrases that contain such a word in its plain sense."""

NOT_USED_PATTERN = {re.compile(rf"(?<![\w-])(?:{p})(?![\w-])", re.IGNORECASE): better for p, better in NOT_USED.items()}

DOCSTRING_VERBS = frozenset(
    """
    accept acquire add allow amend append apply approve assert assign attach await begin bind block build call cancel
    carry change check choose claim clear close collect commit compare complete compute configure confirm
    connect consent consume convert copy correct count create decide declare decode decrypt delete deliver
    derive describe detect disable discard displace divide draw drop enable encode encrypt end endorse enqueue
    ensure enter escape estimate exchange exclude execute exit expect expire export extend extract fail fetch
    fill filter find finish follow forget format forward generate grant group guard handle hash hide identify
    ignore import include increase index insert inspect install interrupt invalidate issue iterate join keep
    kill leave limit list load lock lodge log make mark match measure merge migrate mount move normalize notify
    offer open order override parse pause permit plan play post prepare prevent print process prove publish
    purge raise read rebuild receive recheck reconnect record reduce refer refresh refuse register reject
    release reload remove rename render renew repeat replace replay report request require reserve reset resolve
    respond restart restore restrict resume retry return reverse revoke rotate round route run sample save scan
    schedule seal search seed select send serialize serve set settle share show sign simulate skip sleep sort
    split start stop store stream sum supervise suspend switch test time trace track transfer translate trim
    truncate try undo unlock unseal update upgrade upload use validate verify wait walk warn watch withdraw wrap
    write yield
    """.split()
)
"""A function's docstring begins with one of these, so that the reader sees at once what a call does."""

NOT_A_SUBJECT = frozenset(
    """
    a an the this that these those what who whom whose whoever whatever whichever where when while how why which
    of in on at by to from for with without within under over after before between among one two three four five
    ten fifty no not nobody nothing none never every everything everybody each all any anything some many much
    more most few several another other only just also even both either neither it its he she his her they their
    them we our you your i my is are was were be been being has have had do does did can may must will would
    should if unless until as so and or but
    """.split()
)
"""A test name begins with its subject: none of these is one."""

TEST_NAME_NOT_USED = frozenset(
    """
    anew stroke whoever lest told hears heard hear meanwhile news courier couriers lane lanes letter letters
    knock beside stands paper papers
    """.split()
)


def faults(passage: Passage) -> Iterator[str]:
    """Yield what is wrong with a passage, each with the word or the sentence."""
    if passage.kind is Kind.TEST_NAME:
        yield from _name_faults(passage.text)
        return
    if passage.kind is Kind.FUNCTION:
        yield from _verb_faults(passage.text)
    for sentence in sentences(passage.text):
        yield from _sentence_faults(sentence)


def _sentence_faults(sentence: str) -> Iterator[str]:
    found = words(sentence)
    if len(found) > MAX_WORDS:
        yield f"{len(found)} words, at most {MAX_WORDS}: {sentence}"
    if found and found[0].lower() in FIRST_WORDS and len(found) > 1:
        yield f"begins with “{found[0]}”: {sentence}"
    rest = ALLOWED.sub("", sentence)
    for pattern, better in NOT_USED_PATTERN.items():
        for match in pattern.finditer(rest):
            yield f"“{match.group().strip(' ,')}”, better: {better}: {sentence}"


def _verb_faults(docstring: str) -> Iterator[str]:
    first = docstring.split(maxsplit=1)[0].strip(",.:;").lower()
    if first not in DOCSTRING_VERBS:
        yield f"begins with “{first}” and not with a verb such as Return, Raise, Write: {docstring.splitlines()[0]}"


def _name_faults(name: str) -> Iterator[str]:
    parts = name.removeprefix("test_").split("_")
    if parts[0] in NOT_A_SUBJECT:
        yield f"begins with “{parts[0]}” and not with its subject: {name}"
    if len(parts) < 3:
        yield f"test_<subject>_<condition>_<result> has three parts or more: {name}"
    if len(name) > MAX_TEST_NAME:
        yield f"{len(name)} characters, at most {MAX_TEST_NAME}: {name}"
    for part in parts:
        if part in TEST_NAME_NOT_USED:
            yield f"“{part}” is not in the glossary: {name}"
