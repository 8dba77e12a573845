"""The facts in a text that a changed answer gets wrong: numbers, names, quotes, polarity."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from audittrail.attribution.values.tokens import folded, number, tokens

__all__ = ["facts", "negations"]

_MONTHS: Final = {
    name: index
    for index, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        1,
    )
    for name in names
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATES: Final = (
    re.compile(r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)? (?P<n>{_MONTH})\.?,? (?P<y>\d{{4}})\b"),
    re.compile(rf"\b(?P<n>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b"),
    re.compile(r"(?P<y>\d{4})\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日일]"),
)
_QUOTES: Final = re.compile(
    r'"([^"\n]{1,200})"|\u201c([^\u201d\n]{1,200})\u201d|\u00ab([^\u00bb\n]{1,200})\u00bb'
    r"|\u300c([^\u300d\n]{1,200})\u300d|`([^`\n]{1,200})`|\u201e([^\u201c\u201d\n]{1,200})[\u201c\u201d]"
)
# An address, a mail address, or letters and digits in one word, parts of it joined by - _ . / #.
_NAMES: Final = re.compile(
    r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w#])#?(?=[a-z0-9_./-]*[0-9])(?=[a-z0-9_./-]*[a-z_])[a-z0-9_]+(?:[-./][a-z0-9_]+)*"
)
_NUMBERS: Final = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*|\d+(?:[.,:]\d+)*(?![\w])|\d+(?:\.\d+)?")
_NEGATIVE: Final = frozenset(
    """
    not no never none nor neither nobody nothing nowhere without cannot unable
    nicht kein keine keinen keiner keinem nie niemals ohne pas jamais aucun aucune sans
    nunca ningún ninguna sin não nunca jamais sem non mai senza niet geen inte ingen ikke
    не нет никогда без nie nincs nem 不 没 沒 無 无 未 非 别 別 勿 ない
    """.split()  # noqa: SIM905  # as a list it is a line for each word
)
_CONTRACTED: Final = frozenset(
    """
    dont doesnt didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt hasnt havent
    hadnt mustnt
    """.split()  # noqa: SIM905  # as a list it is a line for each word
)
# What an answer says yes or no with. Two of these are never the same fact.
_VERDICTS: Final = frozenset(
    """
    approved denied approve deny accepted rejected accept reject granted refused grant refuse
    allowed forbidden allow forbid permitted prohibited pass fail passed failed valid invalid
    true false yes success failure successful unsuccessful enabled disabled eligible ineligible
    increase decrease increased decreased guilty innocent safe unsafe legal illegal possible
    impossible available unavailable open closed confirmed cancelled canceled complete incomplete
    correct incorrect positive negative buy sell
    genehmigt abgelehnt ja nein approuvé refusé oui aprobado rechazado denegado sí
    批准 拒绝 承認 却下 通过
    """.split()  # noqa: SIM905  # as a list it is a line for each word
)
_VERDICT_CHARACTERS: Final = tuple(word for word in _VERDICTS if len(word[0].encode()) == 3)


def facts(text: str) -> Counter[str]:
    """The key facts, each as often as it is there, in a form that is the same for the same fact:
    dates as ISO 8601, numbers without separators, ids, addresses and quoted texts without case, and
    the words of a verdict (approved, denied, ...)."""
    rest = folded(text)
    found: Counter[str] = Counter()

    def taken(pattern: re.Pattern[str], name: str) -> None:
        nonlocal rest
        for match in pattern.finditer(rest):
            found[f"{name}:{(match.group(match.lastindex or 0)).strip(' .,;:!?')}"] += 1
        rest = pattern.sub(" ", rest)

    for pattern in _DATES:
        for match in pattern.finditer(rest):
            part = match.groupdict()
            month = int(part["m"]) if part.get("m") else _MONTHS[part["n"]]
            found[f"date:{int(part['y']):04}-{month:02}-{int(part['d']):02}"] += 1
        rest = pattern.sub(" ", rest)
    taken(_QUOTES, "quote")
    taken(_NAMES, "name")
    for match in _NUMBERS.finditer(rest):
        found[f"number:{number(match[0])}"] += 1
    for token in tokens(rest):
        if token in _VERDICTS:
            found[f"verdict:{token}"] += 1
    for word in _VERDICT_CHARACTERS:
        if word in rest:
            found[f"verdict:{word}"] += rest.count(word)
    return found


def negations(text: str) -> int:
    """How often the text denies something; in a dozen languages, by its words."""
    plain = folded(text)
    count = plain.count("ない") + plain.count("ません")
    for token in tokens(plain):
        if token in _NEGATIVE or token.endswith("n't") or token in _CONTRACTED:
            count += 1
    return count
