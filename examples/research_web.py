"""The web of demo_research_team.py, which is a table, and the tools that look into it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from session import pause

from audittrail import semconv
from audittrail.traceable import set_attributes, traceable

SEARCH_COSTS = 0.005
# What is looked up of each region: two pages say it, not always the same.
TOPICS = {
    "price": "euros per kg at the farm",
    "harvest": "weeks until the next harvest ships",
    "freight": "euros per kg to Hamburg",
    "quality": "points in the last cupping",
    "risk": "percent of shipments late last year",
}
SITES = ("green-ledger.example", "port-notes.example", "crop-watch.example")
REGIONS: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "Huila": ("Buenaventura", {"price": (7.4, 7.5), "harvest": (6, 6), "freight": (0.42, 0.43),
                               "quality": (86, 86.5), "risk": (8, 9)}),
    "Sidama": ("Djibouti", {"price": (6.9, 6.8), "harvest": (11, 12), "freight": (0.61, 0.6),
                            "quality": (87.5, 87.5), "risk": (21, 14)}),
    "Minas Gerais": ("Santos", {"price": (5.6, 5.6), "harvest": (9, 9), "freight": (0.38, 0.37),
                                "quality": (82, 82.5), "risk": (5, 5)}),
    "Antigua": ("Puerto Quetzal", {"price": (7.9, 7.8), "harvest": (14, 14), "freight": (0.5, 0.5),
                                   "quality": (85.5, 85), "risk": (11, 11)}),
    "Nyeri": ("Mombasa", {"price": (8.8, 8.9), "harvest": (16, 15), "freight": (0.66, 0.55),
                          "quality": (88.5, 88), "risk": (17, 17)}),
    "Gayo": ("Belawan", {"price": (6.2, 6.3), "harvest": (4, 4), "freight": (0.71, 0.72),
                         "quality": (83.5, 84), "risk": (13, 13)}),
    "Tarrazu": ("Moin", {"price": (7.7, 7.6), "harvest": (18, 18), "freight": (0.47, 0.47),
                         "quality": (85, 85.5), "risk": (6, 6)}),
}  # fmt: skip
GONE = f"https://{SITES[0]}/gayo/quality"
SILENT_PORT = "Mombasa"


def web_search(query: str) -> str:
    """Search the web. Costs half a cent."""
    pause(0.6)
    set_attributes({semconv.COST: SEARCH_COSTS})
    region = next(name for name in REGIONS if name in query)
    topic = next(name for name in TOPICS if name in query)
    found = [
        {"url": f"https://{site}/{slug(region)}/{topic}", "title": f"{region}: {topic} ({site})"}
        for site in SITES
    ]
    return json.dumps(found)


def read_page(url: str) -> str:
    """Read a page that a search found."""
    pause(0.35)
    site, name, topic = url.removeprefix("https://").split("/")
    if url == GONE:
        raise LookupError(f"404 Not Found: {url}")
    region = next(each for each in REGIONS if slug(each) == name)
    value = REGIONS[region][1][topic][min(SITES.index(site), 1)]
    return (
        f"{region}, {topic}. Seen on {site}. Reported by buyers, exporters and the cooperative of "
        f"{region}; figures of this season are provisional and are revised when the last lots have "
        f"been weighed. Figure: {value} {TOPICS[topic]}. Earlier seasons are in the archive."
    )


def freight_quote(port: str, kilograms: int) -> str:
    """Ask the freight service for a rate from a port to Hamburg."""
    if port == SILENT_PORT:
        pause(0.7)
        raise TimeoutError(f"The freight service gave no rate for {port} within 0.7 s.")
    pause(0.4)
    freight = next(facts["freight"] for harbour, facts in REGIONS.values() if harbour == port)
    return json.dumps({"port": port, "kilograms": kilograms, "euros_per_kg": freight[0]})


def take_note(region: str, topic: str, value: float, sources: list[str]) -> str:
    """Write a figure down, with the pages that it is from."""
    pause(0.1)
    checked = check_note(region, topic, value)
    return f"Noted: {region}, {topic}: {value} {TOPICS[topic]}. {checked['explanation']}"


@traceable(span_type="guardrail", name="check note")
def check_note(region: str, topic: str, value: float) -> dict[str, Any]:
    """Whether the sources of a note agree to within five percent."""
    pause(0.15)
    low, high = sorted(REGIONS[region][1][topic])
    apart = (high - low) / high
    said = "The sources agree." if apart <= 0.05 else f"The sources are {apart:.0%} apart."
    return {"verdict": apart <= 0.05, "score": round(1 - apart, 2), "explanation": said}


@traceable(span_type="tool")
def rank_regions(figures: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Points of the cupping, less what a kilogram costs in Hamburg and how often it is late."""
    pause(0.4)
    rows = []
    for region, facts in figures.items():
        landed = facts["price"] + facts["freight"]
        rows.append(
            {
                "region": region,
                "landed": round(landed, 2),
                "points": round(facts["quality"] - 3 * landed - 0.3 * facts["risk"], 2),
            }
        )
    return sorted(rows, key=lambda row: -row["points"])


TOOLS: dict[str, Callable[..., str]] = {
    each.__name__: each for each in (web_search, read_page, freight_quote, take_note)
}


def schema_of(name: str, **types: Any) -> Any:
    properties = {
        key: {"type": kind} if isinstance(kind, str) else kind for key, kind in types.items()
    }
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    told = {
        "name": name,
        "description": TOOLS[name].__doc__,
        "parameters": parameters,
        "strict": True,
    }
    return {"type": "function", "function": told}


SCHEMAS = [
    schema_of("web_search", query="string"),
    schema_of("read_page", url="string"),
    schema_of("freight_quote", port="string", kilograms="integer"),
    schema_of(
        "take_note",
        region="string",
        topic="string",
        value="number",
        sources={"type": "array", "items": {"type": "string"}},
    ),
]


def slug(region: str) -> str:
    return region.lower().replace(" ", "-")
