//! Snapshots in the text format of Prometheus.

use std::fmt::{self, Write};

use super::catalog::{BOUNDS, CLIENT, FAMILIES, Family, Label, Labels, Type, Value};
use super::distribution::Distribution;
use super::snapshot::MetricsSnapshot;

/// Snapshots of several clients in one text, as Prometheus reads it (format version 0.0.4). They are told apart by their client ids, which are to
/// differ: Prometheus refuses a text in which a series is twice.
#[must_use]
pub fn prometheus_text<'a>(snapshots: impl IntoIterator<Item = &'a MetricsSnapshot>) -> String {
    let snapshots: Vec<_> = snapshots.into_iter().collect();
    let mut text = String::new();
    // A string takes whatever is written.
    let _ = write_all(&mut text, &snapshots);
    text
}

impl MetricsSnapshot {
    /// In the text format that Prometheus reads (version 0.0.4), for a program to serve as `text/plain; version=0.0.4`. For several clients in
    /// one process see [`prometheus_text`].
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        prometheus_text([self])
    }
}

fn write_all(text: &mut String, snapshots: &[&MetricsSnapshot]) -> fmt::Result {
    for family in FAMILIES {
        let kind = match family.kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        };
        writeln!(text, "# HELP {} {}", family.name, family.help)?;
        writeln!(text, "# TYPE {} {kind}", family.name)?;
        for snapshot in snapshots {
            let mut result = Ok(());
            (family.walk)(snapshot, &mut |labels, value| {
                let series = Series {
                    family,
                    client: &snapshot.client_id,
                    labels,
                };
                result = result.and_then(|()| series.write(text, value));
            });
            result?;
        }
    }
    Ok(())
}

struct Series<'a> {
    family: &'static Family,
    client: &'a str,
    labels: Labels,
}

impl Series<'_> {
    fn write(&self, text: &mut String, value: Value<'_>) -> fmt::Result {
        match value {
            Value::Times(times) => self.write_times(text, times),
            Value::Count(count) => self.line(text, "", None, &count),
            Value::Time(time) => self.line(text, "", None, &time.as_secs_f64()),
            Value::Level(level) => self.line(text, "", None, &level),
        }
    }

    fn write_times(&self, text: &mut String, times: &Distribution) -> fmt::Result {
        let count = times.count();
        for (bound, below) in BOUNDS.iter().zip(times.below(&BOUNDS)) {
            let bound = seconds(*bound);
            self.line(text, "_bucket", Some(&bound), &below)?;
        }
        self.line(text, "_bucket", Some(&"+Inf"), &count)?;
        self.line(text, "_sum", None, &times.sum().as_secs_f64())?;
        self.line(text, "_count", None, &count)
    }

    fn line(
        &self,
        text: &mut String,
        suffix: &str,
        bound: Option<&dyn fmt::Display>,
        value: &dyn fmt::Display,
    ) -> fmt::Result {
        write!(text, "{}{suffix}{{{CLIENT}=\"", self.family.name)?;
        for character in self.client.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
        for (name, label) in self.family.labels.iter().zip(self.labels) {
            match label {
                Label::None => {}
                // Of our own: nothing in them needs to be escaped.
                Label::Name(value) => write!(text, ",{name}=\"{value}\"")?,
                Label::Broker(value) => write!(text, ",{name}=\"{value}\"")?,
            }
        }
        if let Some(bound) = bound {
            write!(text, ",le=\"{bound}\"")?;
        }
        writeln!(text, "}} {value}")
    }
}

/// A bound in seconds. Bounds are far below 2^53.
pub(crate) fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
