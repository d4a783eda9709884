//! Whether the machine slept, and whether it is on another network. Nothing is sent to find out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use super::step::Moment;

/// The clocks drift apart by more than this only where somebody set one, or the machine slept.
const JUMP_MS: i64 = 5_000;

/// The machine's own addresses on the way to the world. Planning a way for datagrams sends none,
/// and works alike on all systems. The targets are of the ranges that documents use.
pub(super) fn own_addresses() -> [Option<IpAddr>; 2] {
    let toward = |from: IpAddr, to: IpAddr| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    [
        toward(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        toward(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ]
}

/// What a look at the clocks and addresses found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    Woke,
    OtherNetwork,
}

/// Remembers the last look.
#[derive(Debug)]
pub(super) struct Watch {
    last: Moment,
    addresses: Option<[Option<IpAddr>; 2]>,
    /// A look that comes later than this slept.
    patience_ms: u64,
}

impl Watch {
    /// `every_ms` is how often it looks.
    pub(super) fn new(now: Moment, every_ms: u64) -> Self {
        let patience_ms = every_ms.saturating_mul(4).saturating_add(JUMP_MS.unsigned_abs());
        Self { last: now, addresses: None, patience_ms }
    }

    /// Looks. Without addresses it only looks at the clocks.
    pub(super) fn look(&mut self, now: Moment, addresses: Option<[Option<IpAddr>; 2]>) -> Seen {
        let steady = now.steady_ms.saturating_sub(self.last.steady_ms);
        let wall = now.wall.0.saturating_sub(self.last.wall.0);
        let ahead = wall.saturating_sub(i64::try_from(steady).unwrap_or(i64::MAX));
        self.last = now;
        // On some systems the steady clock sleeps with the machine, on others it does not.
        let slept = ahead > JUMP_MS || steady > self.patience_ms;
        let before = match addresses {
            Some(found) => self.addresses.replace(found).unwrap_or(found),
            None => return if slept { Seen::Woke } else { Seen::Nothing },
        };
        let found = addresses.unwrap_or_default();
        if slept {
            Seen::Woke
        } else if found != before && found.iter().any(Option::is_some) {
            Seen::OtherNetwork
        } else {
            Seen::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Timestamp;

    fn at(steady_ms: u64, wall: i64) -> Moment {
        Moment { steady_ms, wall: Timestamp(wall) }
    }

    #[test]
    fn sleep_is_seen_by_either_clock_and_setting_the_clock_back_is_no_sleep() {
        let mut watch = Watch::new(at(0, 1_000_000), 2_000);
        let mut look = |steady, wall| watch.look(at(steady, wall), None);
        assert_eq!(look(2_000, 1_002_000), Seen::Nothing);
        assert_eq!(look(4_000, 1_904_000), Seen::Woke, "the steady clock slept as well");
        assert_eq!(look(906_000, 2_806_000), Seen::Woke, "it did not");
        assert_eq!(look(908_000, 8_000), Seen::Nothing);
        assert_eq!(look(910_000, i64::MIN), Seen::Nothing);
        assert_eq!(look(912_000, i64::MAX), Seen::Woke);
        assert_eq!(look(0, i64::MIN), Seen::Nothing);
    }

    #[test]
    fn another_address_is_another_network_and_none_is_no_reason_to_try() {
        let mut watch = Watch::new(at(0, 0), 2_000);
        let [home, cafe] = [[192, 168, 0, 2], [10, 0, 0, 9]].map(|ip| Some(IpAddr::from(ip)));
        let mut look = |found| watch.look(at(0, 0), Some([found, None]));
        assert_eq!(look(home), Seen::Nothing);
        assert_eq!(look(home), Seen::Nothing);
        assert_eq!(look(None), Seen::Nothing);
        assert_eq!(look(cafe), Seen::OtherNetwork);
        assert_eq!(look(cafe), Seen::Nothing);
        // Whatever this machine has, looking does not fail and does not change it.
        assert_eq!(own_addresses(), own_addresses());
    }
}
