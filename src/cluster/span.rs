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
