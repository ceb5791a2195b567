"""An address is judged by who is behind it, however it is written."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.addresses import Reach, household_of, is_loopback, parsed_address, reach_of


@pytest.mark.parametrize(
    ("reach", "addresses"),
    [
        (Reach.OWN, "127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1 2002:7f00:1:: ::7f00:1"),
        (Reach.PRIVATE, "10.1.1.1 172.31.255.1 192.168.7.7 100.64.3.3 fd12::3 ::ffff:10.0.0.1 64:ff9b::a00:1"),
        (Reach.PUBLIC, "8.8.8.8 172.32.0.1 2001:4860:4860::8888 64:ff9b::808:808"),
        (Reach.NOBODY, "0.0.0.0 :: 224.0.0.1 ff02::1 255.255.255.255 240.0.0.1 192.0.2.1 fec0::1"),
        (Reach.NOBODY, "169.254.0.5 fe80::1 169.254.169.254 168.63.129.16 100.100.100.200 fd00:ec2::254"),
    ],
)
def test_an_address_is_judged_by_who_is_behind_it(reach: Reach, addresses: str) -> None:
    """Also where IPv6 wraps an IPv4 address; link-local ones and clouds' metadata are nobody's."""
    for text in addresses.split():
        assert reach_of(ip_address(text)) is reach, text


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: object) -> None:
    """Mapped, translated by NAT64, or carried by 6to4, an IPv4 address is what it was."""
    bare = reach_of(ip_address(str(address)))
    number = int(ip_address(str(address)))
    wrapped = [f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::"]
    assert [reach_of(ip_address(text)) for text in wrapped] == [bare] * 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3"])
def test_this_machine_is_known_by_each_of_its_names(host: str) -> None:
    """By the one name that always means it, and by its addresses."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "", "127.0.0.1.example"])
def test_no_other_host_is_taken_for_this_machine(host: str) -> None:
    """A name that merely looks like it is another machine's."""
    assert not is_loopback(host)


def test_a_zone_is_no_part_of_an_address() -> None:
    """And a name is none."""
    assert parsed_address("fe80::1%eth0") == ip_address("fe80::1")
    assert parsed_address("7c9d.local") is None


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_the_addresses_of_one_network_are_one_household(address: object, number: int) -> None:
    """Whatever the last 64 bits are; the network next door is another."""
    network = int(ip_address(str(address))) >> 64 | 1  # not one of those that stand for IPv4 addresses
    house = household_of(ip_address(network << 64 | number))
    assert house == household_of(ip_address(network << 64))
    assert house != household_of(ip_address((network ^ 2) << 64 | number))


def test_an_address_of_the_old_kind_is_a_household() -> None:
    """Written as such or within the new kind."""
    assert household_of(ip_address("::ffff:203.0.113.7")) == household_of(ip_address("203.0.113.7")) == "203.0.113.7"
