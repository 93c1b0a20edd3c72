//! Names of hosts, as they are written in calls.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::os::address::resolve;

/// An address, written out or by a name: as `tokio::net::ToSocketAddrs`, with the names of the run's hosts, `n1` or `c1`.
pub trait ToSocketAddrs: sealed::Resolves {}

impl<T: sealed::Resolves + ?Sized> ToSocketAddrs for T {}

mod sealed {
    use std::io::Result;
    use std::net::SocketAddr;

    pub trait Resolves {
        fn resolved(&self) -> Result<SocketAddr>;
    }
}
use sealed::Resolves;

/// The addresses that a name stands for: one.
///
/// # Errors
/// No host has the name, or it has no port.
pub async fn lookup_host<A: ToSocketAddrs>(host: A) -> Result<impl Iterator<Item = SocketAddr>> {
    Ok(std::iter::once(host.resolved()?))
}

/// The address that `at` stands for.
pub(super) fn resolved(at: &(impl ToSocketAddrs + ?Sized)) -> Result<SocketAddr> {
    at.resolved()
}

fn named(name: &str, port: u16) -> Result<SocketAddr> {
    match resolve(name) {
        Some(address) => Ok(SocketAddr::new(address, port)),
        None => {
            Err(Error::new(ErrorKind::NotFound, format!("no host is named {name:?}: hosts are n1, n2.., c1, c2..")))
        }
    }
}

impl Resolves for SocketAddr {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok(*self)
    }
}

impl Resolves for SocketAddrV4 {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Resolves for SocketAddrV6 {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Resolves for (IpAddr, u16) {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Resolves for (Ipv4Addr, u16) {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Resolves for (Ipv6Addr, u16) {
    fn resolved(&self) -> Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Resolves for (&str, u16) {
    fn resolved(&self) -> Result<SocketAddr> {
        named(self.0, self.1)
    }
}

impl Resolves for (String, u16) {
    fn resolved(&self) -> Result<SocketAddr> {
        named(&self.0, self.1)
    }
}

impl Resolves for str {
    fn resolved(&self) -> Result<SocketAddr> {
        if let Ok(address) = self.parse() {
            return Ok(address);
        }
        let port = |port: &str| port.parse().ok();
        match self.rsplit_once(':').and_then(|(name, digits)| Some((name, port(digits)?))) {
            Some((name, port)) => named(name, port),
            None => Err(Error::new(ErrorKind::InvalidInput, format!("{self:?} is no address: give host:port"))),
        }
    }
}

impl Resolves for String {
    fn resolved(&self) -> Result<SocketAddr> {
        self.as_str().resolved()
    }
}

impl Resolves for [SocketAddr] {
    fn resolved(&self) -> Result<SocketAddr> {
        self.first().copied().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "no address is given"))
    }
}

impl<T: Resolves + ?Sized> Resolves for &T {
    fn resolved(&self) -> Result<SocketAddr> {
        (**self).resolved()
    }
}
