"""Which addresses the server asks, however they are written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.errors import InvalidInput
from audittrail.outbound import (
    BadUrl,
    NotAllowed,
    NotFoundHost,
    OwnNetwork,
    Reach,
    parse,
    reach,
    resolve,
)

PUBLIC = "93.184.216.34"


def says(*addresses: str) -> object:
    """A resolver that has these addresses for every name."""

    def look_up(host: str, port: int) -> Sequence[str]:
        return addresses

    return look_up


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM.:443/a?b=c#d", "https://example.com/a?b=c"),
        ("http://example.com:8080/ä", "http://example.com:8080/ä"),
        ("http://example.com:/", "http://example.com/"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://bücher。example/", "https://xn--bcher-kva.example/"),
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]/"),
        ("http://[::FFFF:127.0.0.1]:81/", "http://[::ffff:7f00:1]:81/"),
        ("http://some_service:4000/v1", "http://some_service:4000/v1"),
    ],
)
def test_one_reading(url: str, read: str) -> None:
    """A URL becomes the one that all programs read alike: lower case, IDNA, no default port."""
    assert parse(url).url == read
    assert parse(parse(url).url) == parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nothing",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "https://",
        "https:///path",
        "https://:443/",
        "https://user:word@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:a/",
        "https://example.com:٨٠/",
        "https://exam ple.com/",
        "https://example.com/\n",
        "\thttps://example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example..com/",
        "https://.example.com/",
        "https://example.com../",
        "https://example%2ecom/",
        "https://exa*mple.com/",
        f"https://{'a' * 64}.com/",
        f"https://{'a.' * 127}com/",
        "https://xn--\u00e4.com/",
        "https://a\u2100b.com/",
        "https://" + "a" * 5000,
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    """It is refused, and so is what programs read in different ways."""
    with pytest.raises(BadUrl):
        parse(url)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7F.0.0.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "1.2.3.4.5",
        "example.1",
        "0x",
        "[127.0.0.1]",
        "[::1",
        "::1",
        "[::1]x",
        "x[::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1%251]",
        "[v1.a]",
        "[]",
    ],
)
def test_hidden_addresses(host: str) -> None:
    """An address is written in the one way that all programs read alike, or it is none."""
    with pytest.raises(BadUrl):
        parse(f"http://{host}/")


@pytest.mark.parametrize(
    ("addresses", "reaches"),
    [
        (
            [PUBLIC, "2606:2800:220:1::1", f"::ffff:{PUBLIC}", f"64:ff9b::{PUBLIC}",
             "2002:5db8:d822::1"],
            Reach.PUBLIC,
        ),
        (
            ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.8", "172.16.0.1", "192.168.1.1",
             "100.64.0.1", "192.0.2.1", "198.18.0.1", "fc00::1", "fd12::1", "fec0::1",
             "2001:db8::1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "::10.0.0.1",
             "64:ff9b::127.0.0.1", "64:ff9b:1::1", "2002:7f00:1::1", "2002:c0a8:101::",
             "4000::1", "5f00::1", "::1%1"],
            Reach.PRIVATE,
        ),
        (
            ["0.0.0.0", "0.1.2.3", "::", "169.254.169.254", "169.254.170.2", "100.100.100.200",
             "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "240.0.0.1",
             "fe80::1", "fe80::1%eth0", "febf::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1",
             "::ffff:169.254.169.254", "::ffff:0:169.254.169.254", "::169.254.169.254",
             "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
             "2001:0:a9fe:a9fe::1", "2001:0:102:304:0:0:5601:5601"],
            Reach.NEVER,
        ),
    ],
    ids=["public", "private", "never"],
)  # fmt: skip
def test_what_addresses_reach(addresses: list[str], reaches: Reach) -> None:
    """Also those that carry another one: mapped, translated, 6to4, Teredo."""
    assert {each: reach(each).name for each in addresses} == dict.fromkeys(addresses, reaches.name)


@given(st.ip_addresses(v=4))
def test_a_carried_address_is_no_way_round(address: object) -> None:
    """What an IPv4 address reaches, no spelling of it in IPv6 improves."""
    plain = reach(str(address))
    for prefix in ("::ffff:", "::ffff:0:", "64:ff9b::"):
        assert reach(f"{prefix}{address}") is plain
    assert reach(f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1") >= plain  # type: ignore[call-overload]


@pytest.mark.parametrize("others", [[], [PUBLIC], [PUBLIC, "2606:2800:220:1::1"]])
@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "::1", "fd12::1", "::ffff:10.0.0.1"])
def test_all_addresses_are_checked(others: list[str], inner: str) -> None:
    """One address of the own network among others refuses the name, unless that is allowed."""
    destination = parse("https://example.com/")
    for found in ([*others, inner], [inner, *others]):
        resolver = says(*found)
        with pytest.raises(OwnNetwork, match=r"example\.com.*own network"):
            resolve(destination, allow_private=False, resolver=resolver)  # type: ignore[arg-type]
        target = resolve(destination, allow_private=True, resolver=resolver)  # type: ignore[arg-type]
        assert target.addresses == tuple(found)


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0", "[::]",
     "[::ffff:a9fe:a9fe]", "metadata.google.internal", "METADATA.google.internal.",
     "looks.example"],
)  # fmt: skip
def test_metadata_is_never_asked(host: str, allow: bool) -> None:
    """Neither by address nor by name, where private addresses are allowed as well."""
    resolver = says(PUBLIC, "169.254.169.254") if host == "looks.example" else says(PUBLIC)
    with pytest.raises(NotAllowed) as refused:
        resolve(parse(f"http://{host}/"), allow_private=allow, resolver=resolver)  # type: ignore[arg-type]
    assert not isinstance(refused.value, OwnNetwork)


def test_literals_are_not_looked_up() -> None:
    """An address is what it says; a name without one cannot be found."""

    def fails(host: str, port: int) -> Sequence[str]:
        raise OSError(host)

    assert resolve(parse(f"http://{PUBLIC}/"), allow_private=False, resolver=fails).addresses == (
        PUBLIC,
    )
    for resolver in (fails, says()):
        with pytest.raises(NotFoundHost, match=r"gone\.example"):
            resolve(parse("http://gone.example/"), allow_private=True, resolver=resolver)  # type: ignore[arg-type]


@given(st.text() | st.text().map(lambda text: f"http://{text}/"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text is an error of another kind, and what is read stays what it is."""
    try:
        destination = parse(text)
    except InvalidInput:
        return
    assert destination.host.isascii()
    assert parse(destination.url)[:3] == destination[:3]
