"""What the scripted agent reads, thinks and says: a long weekend in Lisbon."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = [
    "BUDGET",
    "COMPARE",
    "DRAFT",
    "FLIGHTS",
    "FORECAST",
    "GUIDES",
    "HOTELS",
    "HOTELS_DOWN",
    "ITINERARY",
    "PLAN",
    "REQUEST",
    "SYSTEM",
    "ModelCall",
    "Search",
]


class ModelCall(NamedTuple):
    """One call of the model: what is said to it, what it says and asks for, and its usage.
    ``tokens_cached`` are part of the input, ``tokens_reasoning`` of the output."""

    heard: tuple[tuple[str, str], ...]
    said: str | None
    asked_for: tuple[tuple[str, str, dict[str, Any]], ...]
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_reasoning: int
    seconds: float


class Search(NamedTuple):
    """One use of a tool or an index."""

    name: str
    arguments: dict[str, Any]
    result: Any
    seconds: float


SYSTEM: Final = (
    "You plan short trips. Look things up before you promise them, keep to the budget, and give "
    "prices in euros for the whole party."
)
REQUEST: Final = (
    "Plan a long weekend in Lisbon for the two of us, from Friday 14 to Monday 17 May, leaving "
    "from Berlin. We like tiled houses, seafood and viewpoints, and would rather walk than drive. "
    "Everything together should stay under 1,200 euros."
)

GUIDES: Final = Search(
    "search_guides",
    {"query": "Lisbon on foot: tiles, seafood, viewpoints"},
    [
        {
            "id": "lisbon-12",
            "score": 0.91,
            "content": "Alfama and Mouraria are best seen on foot, early. The viewpoints Senhora "
            "do Monte and Graça face west: go there for the sunset.",
        },
        {
            "id": "lisbon-31",
            "score": 0.88,
            "content": "The tile museum is in the convent of Madre de Deus, closed on Mondays. "
            "Allow two hours.",
        },
        {
            "id": "lisbon-07",
            "score": 0.83,
            "content": "For seafood the people of the city go to Cacilhas across the river; the "
            "ferry takes ten minutes and costs 1.40 euros.",
        },
    ],
    1.2,
)

PLAN: Final = ModelCall(
    heard=(("user", REQUEST),),
    said="I will read the guides, then look for flights and for a hotel at the same time.",
    asked_for=(
        (
            "call_flights",
            "search_flights",
            {"from": "BER", "to": "LIS", "out": "14 May", "back": "17 May", "travellers": 2},
        ),
        (
            "call_hotels",
            "search_hotels",
            {"city": "Lisbon", "area": "Alfama", "nights": 3, "guests": 2, "max_per_night": 140},
        ),
    ),
    tokens_in=486,
    tokens_cached=0,
    tokens_out=118,
    tokens_reasoning=64,
    seconds=2.4,
)

FLIGHTS: Final = Search(
    "search_flights",
    PLAN.asked_for[0][2],
    {
        "offers": [
            {"out": "Fri 06:40", "back": "Mon 18:05", "stops": 0, "price": 412},
            {"out": "Fri 11:15", "back": "Mon 21:30", "stops": 0, "price": 356},
            {"out": "Fri 09:50", "back": "Mon 13:20", "stops": 1, "price": 298},
        ]
    },
    3.1,
)
HOTELS_DOWN: Final = "The hotel search did not answer within 1.5 s."
HOTELS: Final = Search(
    "search_hotels",
    PLAN.asked_for[1][2],
    {
        "offers": [
            {"name": "Casa do Miradouro", "area": "Graça", "per_night": 118, "rating": 9.1},
            {"name": "Pátio das Andorinhas", "area": "Alfama", "per_night": 132, "rating": 8.8},
        ]
    },
    1.9,
)

COMPARE: Final = ModelCall(
    heard=(
        ("user", REQUEST),
        ("tool", "3 flights from 298 to 412 euros; 2 hotels at 118 and 132 euros a night."),
    ),
    said="The 11:15 flight costs 58 euros more than the one with a stop and saves half a day. "
    "Casa do Miradouro is cheaper, better rated and next to two viewpoints. The weather decides "
    "which day is for the ferry.",
    asked_for=(("call_forecast", "get_forecast", {"city": "Lisbon", "days": "14 to 17 May"}),),
    tokens_in=1362,
    tokens_cached=448,
    tokens_out=152,
    tokens_reasoning=96,
    seconds=2.6,
)
FORECAST: Final = Search(
    "get_forecast",
    COMPARE.asked_for[0][2],
    {
        "Fri": {"max_c": 22, "rain": 0.05},
        "Sat": {"max_c": 24, "rain": 0.0},
        "Sun": {"max_c": 19, "rain": 0.7},
        "Mon": {"max_c": 21, "rain": 0.2},
    },
    0.9,
)

ITINERARY: Final = (
    "Friday: fly at 11:15, leave the bags at Casa do Miradouro, sunset at Senhora do Monte.\n"
    "Saturday, the sunny day: Alfama before ten, the ferry to Cacilhas for lunch by the river, "
    "back across for the evening in Mouraria.\n"
    "Sunday, rain likely: the tile museum, two hours, then the covered market for seafood.\n"
    "Monday: breakfast at Graça, a last walk down to the river, flight home at 21:30.\n"
    "Flights 356, hotel 354, meals and tickets about 330: 1,040 euros for the two of you."
)
DRAFT: Final = ModelCall(
    heard=(
        ("user", REQUEST),
        ("tool", "Rain on Sunday (70%), sun on Saturday, mild on the other days."),
        ("user", "Write the itinerary, a line for each day, and what it costs."),
    ),
    said=ITINERARY,
    asked_for=(),
    tokens_in=2048,
    tokens_cached=1344,
    tokens_out=431,
    tokens_reasoning=128,
    seconds=4.2,
)
BUDGET: Final = Search(
    "check_budget",
    {"flights": 356, "hotel": 354, "meals_and_tickets": 330, "limit": 1200},
    {"total": 1040, "within_limit": True, "left": 160},
    0.6,
)
