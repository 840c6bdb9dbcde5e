//! A snapshot as a table.

use std::fmt;
use std::time::Duration;

use super::distribution::Distribution;
use super::kinds::ConnectionState;
use super::snapshot::{BrokerSnapshot, MetricsSnapshot};

impl fmt::Display for MetricsSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.brokers.len();
        let open: u64 = self
            .brokers
            .iter()
            .map(BrokerSnapshot::open_connections)
            .sum();
        writeln!(
            f,
            "client {}: {known} brokers, {open} connections open, metadata {} old",
            self.client_id,
            Short(self.metadata_age)
        )?;
        self.write_apis(f)?;
        self.write_brokers(f)?;
        write!(f, "\nconnections: {} opened", self.opened)?;
        for (reason, count) in self.closed.iter().filter(|(_, count)| *count > 0) {
            write!(f, ", {count} closed by {reason}")?;
        }
        for (phase, count) in self.connect_failures.iter().filter(|(_, count)| *count > 0) {
            write!(f, ", {count} failed at {phase}")?;
        }
        let (waits, exhausted) = (&self.pool_waits, self.pool_exhausted);
        writeln!(f, "\nnetwork: {}", Line(&self.network))?;
        writeln!(
            f,
            "pool: waits {}; {exhausted} times exhausted",
            Line(waits)
        )?;
        let (refreshes, failures) = (self.metadata_refreshes, self.metadata_failures);
        writeln!(f, "metadata: {refreshes} refreshes, {failures} failures")
    }
}

impl MetricsSnapshot {
    fn write_apis(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<28}", "API")?;
        for column in ["requests", "in flight", "errors", "retries", "throttled"] {
            write!(f, " {column:>9}")?;
        }
        for column in ["p50", "p95", "p99", "p99.9", "max"] {
            write!(f, " {column:>8}")?;
        }
        writeln!(f)?;
        for api in &self.apis {
            write!(f, "{:<28}", api.name())?;
            let counts = [
                api.requests,
                api.in_flight,
                api.failed(),
                api.retries,
                api.throttles,
            ];
            for count in counts {
                write!(f, " {count:>9}")?;
            }
            writeln!(f, " {}", Columns(&api.request))?;
            for (name, times) in [("  queue", &api.queue), ("  broker", &api.broker)] {
                writeln!(
                    f,
                    "{name:<28} {:>9} {:39} {}",
                    times.count(),
                    "",
                    Columns(times)
                )?;
            }
        }
        Ok(())
    }

    fn write_brokers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<12} {:<6} {:<9}", "broker", "health", "breaker")?;
        for column in ["connecting", "open", "draining", "in flight", "failures"] {
            write!(f, " {column:>10}")?;
        }
        writeln!(f, " {:>12} {:>12} {:>10}", "sent", "received", "network")?;
        for broker in &self.brokers {
            write!(
                f,
                "{:<12} {:<6} {:<9}",
                broker.broker, broker.health, broker.breaker
            )?;
            for (_, count) in &broker.connections {
                write!(f, " {count:>10}")?;
            }
            write!(f, " {:>10} {:>10}", broker.in_flight, broker.failures)?;
            let (sent, received) = (Size(broker.bytes_sent), Size(broker.bytes_received));
            write!(f, " {sent:>12} {received:>12}")?;
            match broker.round_trip {
                Some(time) => writeln!(f, " {:>10}", Short(time))?,
                None => writeln!(f, " {:>10}", "-")?,
            }
        }
        Ok(())
    }
}

const _: () = assert!(ConnectionState::Draining as usize == 2, "three columns");

/// Quantiles in columns.
struct Columns<'a>(&'a Distribution);

impl fmt::Display for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(times) = self;
        let (p50, p95, p99) = (Short(times.p50()), Short(times.p95()), Short(times.p99()));
        let (p999, max) = (Short(times.p999()), Short(times.max()));
        write!(f, "{p50:>8} {p95:>8} {p99:>8} {p999:>8} {max:>8}")
    }
}

/// Quantiles in words.
struct Line<'a>(&'a Distribution);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(times) = self;
        if times.count() == 0 {
            return f.write_str("none");
        }
        let (p50, p95, p99) = (Short(times.p50()), Short(times.p95()), Short(times.p99()));
        let (p999, max) = (Short(times.p999()), Short(times.max()));
        let count = times.count();
        write!(
            f,
            "{count}, p50 {p50}, p95 {p95}, p99 {p99}, p99.9 {p999}, max {max}"
        )
    }
}

/// A time to three digits.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_secs_f64() * 1e6;
        let (value, unit) = match micros {
            micros if micros < 1e3 => (micros, "us"),
            micros if micros < 1e6 => (micros / 1e3, "ms"),
            micros => (micros / 1e6, "s"),
        };
        f.pad(&format!("{value:.*} {unit}", digits(value)))
    }
}

/// A number of bytes to three digits.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].into_iter();
        let mut unit = units.next().unwrap_or_default();
        for next in units {
            if value < 1024.0 {
                break;
            }
            (value, unit) = (value / 1024.0, next);
        }
        f.pad(&format!(
            "{value:.*} {unit}",
            if unit == "B" { 0 } else { digits(value) }
        ))
    }
}

/// How many digits stand behind the point, if there are to be three in all.
fn digits(value: f64) -> usize {
    match value {
        0.0 => 0,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (nanos, text) in [
            (0, "0 us"),
            (750, "0.75 us"),
            (12_340, "12.3 us"),
            (999_000, "999 us"),
            (1_500_000, "1.50 ms"),
            (73_000_000_000, "73.0 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(Short(Duration::from_nanos(nanos)).to_string(), text);
        }
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.50 KiB"),
            (100 << 20, "100 MiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
