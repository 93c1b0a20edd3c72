//! The names and addresses of hosts: `n1` is 192.168.0.1, `c1` is 192.168.1.1.

use std::net::{IpAddr, Ipv4Addr};

use env::{ClientId, NodeId};
use sim::Actor;

/// The last two bytes of the operator's.
const OPERATOR: u16 = u16::MAX - 1;
/// The first two bytes of every address.
const NETWORK: [u8; 2] = [192, 168];

/// The address of a host.
///
/// # Panics
/// If `who` is no host, or a client of a number above 65,000.
pub(crate) fn address_of(who: Actor) -> IpAddr {
    let [high, low] = match who {
        Actor::Node(node) => [0, node.0],
        Actor::Client(client) => u16::try_from(client.0 + 0x100).expect("fewer clients than addresses").to_be_bytes(),
        Actor::Operator => OPERATOR.to_be_bytes(),
        _ => unreachable!("{who} is no host"),
    };
    IpAddr::V4(Ipv4Addr::new(NETWORK[0], NETWORK[1], high, low))
}

/// The host that has this address, if one may have it.
pub(crate) fn host_at(address: IpAddr) -> Option<Actor> {
    let IpAddr::V4(address) = address else { return None };
    let [one, two, high, low] = address.octets();
    if [one, two] != NETWORK {
        return None;
    }
    match u16::from_be_bytes([high, low]) {
        0 | 0x100 => None,
        OPERATOR => Some(Actor::Operator),
        node @ 1..=0xff => Some(Actor::Node(NodeId(node as u8))),
        client => Some(Actor::Client(ClientId(u32::from(client) - 0x100))),
    }
}

/// The address that a name stands for: of a node, a client, or `localhost`, or written out.
pub(crate) fn resolve(name: &str) -> Option<IpAddr> {
    if name == "localhost" {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    if let Ok(address) = name.parse() {
        return Some(address);
    }
    let number = |digits: &str| digits.parse().ok().filter(|number: &u32| *number > 0);
    let who = match name.split_at_checked(1)? {
        ("n", digits) => Actor::Node(NodeId(number(digits)?.try_into().ok()?)),
        ("c", digits) => Actor::Client(ClientId(number(digits)?)),
        _ => return None,
    };
    Some(address_of(who))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_a_name_and_an_address_of_its_own() {
        let nodes = (1..=255).map(|node| Actor::Node(NodeId(node)));
        let clients = (1..=1_000).map(|client| Actor::Client(ClientId(client)));
        let mut addresses = std::collections::BTreeSet::new();
        for who in nodes.chain(clients) {
            let address = address_of(who);
            assert_eq!(host_at(address), Some(who));
            assert_eq!(resolve(&who.to_string()), Some(address));
            assert!(addresses.insert(address), "{address} twice");
        }
    }

    #[test]
    fn a_name_that_no_host_has_stands_for_nothing() {
        for name in ["", "n", "n0", "n999", "x1", "example.com", "n1 "] {
            assert_eq!(resolve(name), None, "{name:?}");
        }
        assert_eq!(resolve("10.0.0.7"), Some([10, 0, 0, 7].into()));
        assert_eq!(host_at([10, 0, 0, 7].into()), None);
        assert_eq!(resolve("localhost"), Some([127, 0, 0, 1].into()));
    }
}
