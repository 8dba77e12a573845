"""The agent's seven tools. They work on the small files in data/, so that what they say makes
sense and nothing leaves this machine."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from arithmetic import calculate
from langchain_core.tools import tool
from session import chat_model, pause

DATA = Path(__file__).parent / "data"
FILES = DATA / "files"
MOST_ROWS = 20
READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)


@tool
def web_search(query: str) -> str:
    """Search a small bundled collection of web pages on coffee. It is not the live web."""
    pause(1.6)
    wanted = set(words(query))
    pages = json.loads((DATA / "pages.json").read_text("utf-8"))
    scored = [
        (len(wanted & set(words(page["title"] + " " + page["text"]))), page) for page in pages
    ]
    best = sorted((each for each in scored if each[0]), key=lambda each: -each[0])[:3]
    return json.dumps({"source": "bundled pages", "results": [page for _, page in best]})


@tool
def current_time() -> str:
    """The date and time now, in UTC."""
    pause(0.3)
    return datetime.now(UTC).strftime("%A, %Y-%m-%d %H:%M UTC")


@tool
def query_database(sql: str) -> str:
    """Run one SELECT on the roastery's database (SQLite). Tables:
    stock(product, kg, kg_per_week), purchases(supplier, day, product, kg, euros_per_kg),
    offers(supplier, product, euros_per_kg, valid_until)."""
    pause(0.9)
    database = sqlite3.connect(":memory:")
    try:
        database.executescript((DATA / "shop.sql").read_text("utf-8"))
        database.set_authorizer(may_read)
        rows = database.execute(sql)
        names = [column[0] for column in rows.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in rows.fetchmany(MOST_ROWS)]
    finally:
        database.close()
    return json.dumps(found)


@tool
def read_file(name: str) -> str:
    """Read one of the roastery's documents: monte-claro-terms.md, finca-alba-terms.md,
    deliveries.md."""
    pause(0.7)
    known = {path.name: path for path in FILES.iterdir()}
    if name not in known:
        raise ValueError(f"There is no file {name!r}. There are: {', '.join(sorted(known))}.")
    return known[name].read_text("utf-8")


@tool
def calculator(expression: str) -> str:
    """Work out an expression of numbers with + - * / and parentheses."""
    pause(0.2)
    return f"{expression} = {calculate(expression):g}"


@tool
def compare(first: str, first_value: float, second: str, second_value: float, unit: str) -> str:
    """Say how much the first value is above or below the second."""
    pause(0.3)
    difference = first_value - second_value
    relation = "more than" if difference > 0 else "less than"
    share = f" ({abs(difference) / second_value:.1%})" if second_value else ""
    return f"{first} is {abs(difference):g} {unit}{share} {relation} {second}"


@tool
def summarise(text: str) -> str:
    """Shorten a text to one or two sentences. Asks the model."""
    # LangChain knows which tool is running: this call of the model appears below it.
    return str(chat_model().invoke([("system", SUMMARISE), ("user", text)]).text)


SUMMARISE = "You shorten texts to one or two sentences. Keep the figures."

RESEARCH_TOOLS = [web_search, current_time, query_database, read_file]
ANALYSIS_TOOLS = [calculator, compare, summarise]


def may_read(action: int, *_: object) -> int:
    """Whether SQLite may do this: the model's SELECTs may, and nothing else."""
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


def words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3]
