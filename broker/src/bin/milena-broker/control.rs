//! What can be said to a cluster that runs, a line each.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Requests};

pub(crate) const USAGE: &str = "\
Lines on its standard input, each answered by \"ok\" or by what is wrong with it:

  fault API[@NODE] ACTION [N]   what happens to the requests of an API, such as metadata or list-offsets, or to any; N times, or for ever
  clear                         no faults any more
  drop NODE                     close the connections to a node
  latency NODE MS               how long the way to a node and back takes

  Actions: error=CODE error-after-applying=CODE delay=MS throttle=MS split=BYTES length=N garbage wrong-correlation-id duplicate unsolicited no-answer
  silence, and close- or stall- with before-reading, after-reading, after-applying or after-bytes=N";

/// What comes instead of an answer.
const GARBAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";

/// Something that a cluster is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Fault(Fault),
    Clear,
    Drop(i32),
    Latency(i32, Duration),
}

impl Command {
    pub(crate) fn apply(self, cluster: &Cluster) {
        match self {
            Self::Fault(fault) => cluster.inject(fault).keep(),
            Self::Clear => cluster.clear_faults(),
            Self::Drop(node) => {
                cluster.drop_connections(node);
            }
            Self::Latency(node, latency) => cluster.set_latency(node, latency),
        }
    }
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        match &words[..] {
            ["fault", requests, action] => fault(requests, action).map(Self::Fault),
            ["fault", requests, action, times] => {
                let fault = fault(requests, action)?;
                Ok(Self::Fault(fault.times(number(times)?)))
            }
            ["clear"] => Ok(Self::Clear),
            ["drop", node] => Ok(Self::Drop(number(node)?)),
            ["latency", node, time] => Ok(Self::Latency(number(node)?, milliseconds(time)?)),
            _ => Err(format!(
                "{line:?} is no command; --help tells which there are"
            )),
        }
    }
}

fn fault(requests: &str, action: &str) -> Result<Fault, String> {
    let (api, node) = match requests.split_once('@') {
        Some((api, node)) => (api, Some(number(node)?)),
        None => (requests, None),
    };
    let requests = match api {
        "any" => Requests::any(),
        name => Requests::of(api_key(name)?),
    };
    let fault = Fault::on(requests, parse_action(action)?);
    Ok(match node {
        Some(node) => fault.node(node),
        None => fault,
    })
}

fn api_key(name: &str) -> Result<ApiKey, String> {
    let name = name.replace('-', "");
    let mut keys = (0..i16::MAX).map(ApiKey);
    let found = keys.find(|key| {
        key.name()
            .is_some_and(|known| known.eq_ignore_ascii_case(&name))
    });
    found.ok_or_else(|| format!("there is no API {name:?}"))
}

fn parse_action(text: &str) -> Result<Action, String> {
    if let Some(moment) = text.strip_prefix("close-") {
        return parse_moment(moment).map(Action::Close);
    }
    if let Some(moment) = text.strip_prefix("stall-") {
        return parse_moment(moment).map(Action::Stall);
    }
    Ok(match text.split_once('=').unwrap_or((text, "")) {
        ("error", code) => Action::Error(ErrorCode(number(code)?)),
        ("error-after-applying", code) => Action::ErrorAfterApplying(ErrorCode(number(code)?)),
        ("delay", time) => Action::Delay(milliseconds(time)?),
        ("throttle", time) => Action::Throttle(milliseconds(time)?),
        ("split", size) => Action::Split(number::<NonZeroUsize>(size)?),
        ("length", length) => Action::Length(number(length)?),
        ("garbage", "") => Action::Garbage(Bytes::from_static(GARBAGE)),
        ("wrong-correlation-id", "") => Action::WrongCorrelationId,
        ("duplicate", "") => Action::Duplicate,
        ("unsolicited", "") => Action::Unsolicited,
        ("no-answer", "") => Action::NoAnswer,
        ("silence", "") => Action::Silence,
        _ => return Err(format!("there is no action {text:?}")),
    })
}

fn parse_moment(text: &str) -> Result<Moment, String> {
    Ok(match text.split_once('=').unwrap_or((text, "")) {
        ("before-reading", "") => Moment::BeforeReading,
        ("after-reading", "") => Moment::AfterReading,
        ("after-applying", "") => Moment::AfterApplying,
        ("after-bytes", count) => Moment::AfterBytes(number(count)?),
        _ => return Err(format!("there is no moment {text:?}")),
    })
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text).map(Duration::from_millis)
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no number that fits there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_commands() {
        let produce = |action| Fault::on(ApiKey::PRODUCE, action);
        let second = Duration::from_secs(1);
        for (line, expected) in [
            ("clear", Command::Clear),
            ("drop 2", Command::Drop(2)),
            (" latency  1 1000 ", Command::Latency(1, second)),
            (
                "fault produce@2 delay=1000 3",
                Command::Fault(produce(Action::Delay(second)).node(2).times(3)),
            ),
            (
                "fault Produce error=-1",
                Command::Fault(produce(Action::Error(ErrorCode(-1)))),
            ),
            (
                "fault produce close-after-bytes=5",
                Command::Fault(produce(Action::Close(Moment::AfterBytes(5)))),
            ),
            (
                "fault any silence",
                Command::Fault(Fault::on(Requests::any(), Action::Silence)),
            ),
            (
                "fault list-offsets stall-before-reading",
                Command::Fault(Fault::on(
                    ApiKey::LIST_OFFSETS,
                    Action::Stall(Moment::BeforeReading),
                )),
            ),
        ] {
            assert_eq!(line.parse(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn every_action_that_is_told_of_is_known() {
        let actions = USAGE.split_once("Actions: ").unwrap().1;
        let words = actions
            .split([' ', ',', '\n'])
            .filter(|word| !word.is_empty());
        let known = words.filter(|word| {
            let word = word
                .replace("CODE", "1")
                .replace("BYTES", "1")
                .replace("MS", "1")
                .replace("=N", "=1");
            parse_action(&word).is_ok() || parse_moment(&word).is_ok()
        });
        assert_eq!(known.count(), 16);
    }

    #[test]
    fn other_lines_are_errors() {
        for (line, message) in [
            (
                "fault",
                "\"fault\" is no command; --help tells which there are",
            ),
            ("fault metadat silence", "there is no API \"metadat\""),
            ("fault metadata quiet", "there is no action \"quiet\""),
            ("fault metadata close-late", "there is no moment \"late\""),
            (
                "fault metadata split=0",
                "\"0\" is no number that fits there",
            ),
            ("drop me", "\"me\" is no number that fits there"),
        ] {
            assert_eq!(line.parse::<Command>(), Err(message.to_owned()));
        }
    }
}
