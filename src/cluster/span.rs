//! The spans of calls, named as OpenTelemetry names what is done with messages.

use milena_wire::api_key::ApiKey;
use tracing::Span;
use tracing::field::{Empty, debug, display};

use super::counted::class_of;
use super::pool::Node;
use super::routing::Routed;
use super::scattered::Scattered;
use crate::error::{Error, ErrorKind};

/// The span of a call, from its first poll to its end. If nobody listens it costs next to nothing.
pub(crate) fn span(api: ApiKey) -> Span {
    let span = tracing::debug_span!(
        "request",
        otel.kind = "client",
        messaging.system = "kafka",
        messaging.operation.name = Empty,
        server.address = Empty,
        server.port = Empty,
        messaging.kafka.broker.id = Empty,
        error.type = Empty,
        error.message = Empty,
    );
    if !span.is_disabled() {
        match api.name() {
            Some(name) => span.record("messaging.operation.name", name),
            None => span.record("messaging.operation.name", debug(api)),
        };
    }
    span
}

/// A broker is asked; of several the last one counts.
pub(crate) fn asked(span: &Span, node: &Node) {
    if !span.is_disabled() {
        span.record("server.address", node.address.host());
        span.record("server.port", node.address.port());
        span.record("messaging.kafka.broker.id", node.id);
    }
}

/// The call has come to its end.
pub(crate) fn ended<R: Routed>(span: &Span, scattered: &Scattered<R>) {
    if span.is_disabled() {
        return;
    }
    if let Some(failed) = scattered.failures.first() {
        record(span, &failed.error);
        return;
    }
    for answered in &scattered.answers {
        let mut first = None;
        answered.request.errors(&answered.response, &mut |_, code| {
            first.get_or_insert(code);
        });
        if let Some(code) = first {
            span.record("error.type", display(code));
            return;
        }
    }
}

fn record(span: &Span, error: &Error) {
    match error.kind() {
        ErrorKind::Broker { code, .. } => span.record("error.type", display(code)),
        _ => span.record("error.type", class_of(error).name()),
    };
    span.record("error.message", display(error));
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, ready};
    use std::hint::black_box;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Instant;

    use tracing::subscriber::{NoSubscriber, with_default};

    use super::*;

    /// What a call does with its span, from its beginning to its end.
    fn call() {
        let span = span(black_box(ApiKey::FETCH));
        assert!(span.is_disabled());
        let of_terms = span.clone();
        let mut call = pin!(ready(()));
        let mut context = Context::from_waker(Waker::noop());
        let polled = span.in_scope(|| call.as_mut().poll(&mut context));
        assert_eq!(polled, Poll::Ready(()));
        drop(of_terms);
        drop(black_box(span));
    }

    /// Statement 22: where nobody listens, a span takes no memory.
    #[test]
    fn without_a_listener_a_span_takes_no_memory() {
        with_default(NoSubscriber::new(), || {
            // The first one looks for who may listen.
            call();
            let measured = allocation_counter::measure(|| (0..1000).for_each(|_| call()));
            assert_eq!(measured.count_total, 0);
        });
    }

    /// Statement 22: and next to no time.
    #[test]
    #[ignore = "measures: cargo test --release -p milena --lib what_a_span_costs -- --ignored --nocapture"]
    fn what_a_span_costs_without_a_listener() {
        const CALLS: u32 = 10_000;
        // Others who use the machine only ever make it slower.
        let block = || {
            let began = Instant::now();
            (0..CALLS).for_each(|_| call());
            began.elapsed() / CALLS
        };
        let cost = (0..100).map(|_| block()).min().unwrap_or_default();
        println!("a span without a listener: {cost:?}");
        assert!(cfg!(debug_assertions) || cost.as_nanos() <= 50, "{cost:?}");
    }
}
