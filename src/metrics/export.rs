//! What was counted, given to the recorder that the program has installed with the facade `metrics`.
//!
//! Not as it happens, but every few seconds and all at once: so that a request pays for its own atomics and nothing else, whatever the recorder does
//! with what it is given. The recorders' own histograms are not used: they keep each value until they are looked at, and at half a million requests
//! a second that is more than the requests take. What is given are the counts of the classes, cumulative, under the names that Prometheus' own
//! histograms have (`_bucket` with `le`, `_sum`, `_count`), so that `histogram_quantile` works on them, and one dashboard and one alert
//! file serve both ways. The facade's counters are whole numbers: what is a number of seconds is a gauge to it.

use std::collections::HashMap;
use std::ptr;

use ::metrics::{
    Counter, Gauge, Key, KeyName, Label as KeyLabel, Level, Metadata, Recorder, Unit, with_recorder,
};

use super::catalog::{BOUNDS, CLIENT, FAMILIES, Family, Label, Labels, Type, Value};
use super::distribution::Distribution;
use super::prometheus::seconds;
use super::snapshot::MetricsSnapshot;

const METADATA: Metadata<'static> = Metadata::new("milena", Level::INFO, Some("milena"));

/// What the installed recorder was given, and the handles by which it was.
#[derive(Debug, Default)]
pub(crate) struct Exporter {
    /// Where the recorder lies: what tells one from another, and from none. It is never looked at.
    recorder: usize,
    handles: HashMap<Id, Handle>,
    /// Changes each time, so that series that are no more can be told.
    round: bool,
}

/// A series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Id {
    name: &'static str,
    labels: Labels,
    part: Part,
}

/// Which of the series of a histogram; all others are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Whole,
    /// In microseconds.
    Below(u64),
    All,
    Sum,
    Count,
}

#[derive(Debug)]
struct Handle {
    kind: HandleKind,
    round: bool,
}

#[derive(Debug)]
enum HandleKind {
    /// With what it was given so far: clients of one id are added up.
    Counter(Counter, u64),
    Gauge(Gauge),
}

impl Exporter {
    pub(crate) fn export(&mut self, snapshot: impl FnOnce() -> MetricsSnapshot) {
        with_recorder(|recorder| {
            let address = ptr::from_ref(recorder).cast::<()>().addr();
            if self.recorder != address {
                // Installed since, or another one: it knows nothing yet.
                self.recorder = address;
                self.handles.clear();
                describe(recorder);
            }
            self.round = !self.round;
            self.give(recorder, &snapshot());
        });
        // A broker that has left must not look as if it were there.
        let round = self.round;
        self.handles.retain(|_, handle| {
            let is_there = handle.round == round;
            if !is_there {
                handle.clear();
            }
            is_there
        });
    }

    fn give(&mut self, recorder: &dyn Recorder, snapshot: &MetricsSnapshot) {
        for family in FAMILIES {
            (family.walk)(snapshot, &mut |labels, value| {
                let mut series = Series {
                    exporter: self,
                    recorder,
                    client: &snapshot.client_id,
                    family,
                    labels,
                };
                match value {
                    Value::Count(count) => series.count(Part::Whole, count),
                    Value::Time(time) => series.set(Part::Whole, time.as_secs_f64()),
                    Value::Level(level) => series.set(Part::Whole, level),
                    Value::Times(times) => series.times(times),
                }
            });
        }
    }
}

impl Drop for Exporter {
    /// The client is no more.
    fn drop(&mut self) {
        self.handles.values().for_each(Handle::clear);
    }
}

impl Handle {
    /// There is nothing any more that it could show.
    fn clear(&self) {
        if let HandleKind::Gauge(gauge) = &self.kind {
            gauge.set(0.0);
        }
    }
}

/// A series, or those of a histogram, of one client.
struct Series<'a> {
    exporter: &'a mut Exporter,
    recorder: &'a dyn Recorder,
    client: &'a str,
    family: &'static Family,
    labels: Labels,
}

impl Series<'_> {
    fn times(&mut self, times: &Distribution) {
        for (&bound, below) in BOUNDS.iter().zip(times.below(&BOUNDS)) {
            self.count(Part::Below(bound), below);
        }
        let count = times.count();
        self.count(Part::All, count);
        self.set(Part::Sum, times.sum().as_secs_f64());
        self.count(Part::Count, count);
    }

    fn count(&mut self, part: Part, count: u64) {
        let register = |recorder: &dyn Recorder, key: &Key| {
            HandleKind::Counter(recorder.register_counter(key, &METADATA), 0)
        };
        if let HandleKind::Counter(counter, given) = self.handle(part, register) {
            // Nothing new is said, too: recorders may forget what is silent for long.
            counter.increment(count.saturating_sub(*given));
            *given = count;
        }
    }

    fn set(&mut self, part: Part, level: f64) {
        let register = |recorder: &dyn Recorder, key: &Key| {
            HandleKind::Gauge(recorder.register_gauge(key, &METADATA))
        };
        if let HandleKind::Gauge(gauge) = self.handle(part, register) {
            gauge.set(level);
        }
    }

    fn handle(
        &mut self,
        part: Part,
        register: impl FnOnce(&dyn Recorder, &Key) -> HandleKind,
    ) -> &mut HandleKind {
        let id = Id {
            name: self.family.name,
            labels: self.labels,
            part,
        };
        let Self {
            exporter,
            recorder,
            client,
            family,
            labels,
        } = self;
        let round = exporter.round;
        let handle = exporter.handles.entry(id).or_insert_with(|| Handle {
            kind: register(*recorder, &key(client, family, *labels, part)),
            round,
        });
        handle.round = round;
        &mut handle.kind
    }
}

/// The name and the labels of a series. Made once for each.
fn key(client: &str, family: &Family, labels: Labels, part: Part) -> Key {
    let mut all = vec![KeyLabel::new(CLIENT, client.to_owned())];
    for (&name, label) in family.labels.iter().zip(labels) {
        match label {
            Label::None => {}
            Label::Name(value) => all.push(KeyLabel::from_static_parts(name, value)),
            Label::Broker(broker) => all.push(KeyLabel::new(name, broker.to_string())),
        }
    }
    let suffix = match part {
        Part::Whole => "",
        Part::Below(bound) => {
            all.push(KeyLabel::new("le", seconds(bound).to_string()));
            "_bucket"
        }
        Part::All => {
            all.push(KeyLabel::from_static_parts("le", "+Inf"));
            "_bucket"
        }
        Part::Sum => "_sum",
        Part::Count => "_count",
    };
    Key::from_parts(format!("{}{suffix}", family.name), all)
}

fn describe(recorder: &dyn Recorder) {
    for family in FAMILIES {
        let unit = match family.name.trim_end_matches("_total") {
            name if name.ends_with("_seconds") => Unit::Seconds,
            name if name.ends_with("_bytes") => Unit::Bytes,
            _ => Unit::Count,
        };
        let name = KeyName::from_const_str(family.name);
        match family.kind {
            Type::Counter if unit != Unit::Seconds => {
                recorder.describe_counter(name, Some(unit), family.help.into());
            }
            // What is in seconds is a gauge here; a histogram's sum is, too, and it has no name of its own.
            Type::Counter | Type::Gauge => {
                recorder.describe_gauge(name, Some(unit), family.help.into());
            }
            Type::Histogram => {}
        }
    }
}

#[cfg(test)]
mod tests;
