//! Sends spans to a collector, by OTLP over HTTP. The settings are OpenTelemetry's own environment variables
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>), read by its library.

use std::{env, io, time::Duration};

use accounts::db::TRACES;
use axum::http::HeaderMap;
use opentelemetry::{
    Key, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Tracer},
};
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::webhook::tls;

/// Where a collector is named. With neither there are no traces.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// How long a collector may take to answer: OTLP's default.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The traces of this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// None where no collector is named. Whether it is there is found out later, by a thread of its own, which says so in
    /// the log.
    ///
    /// # Errors
    /// When its address or another of OpenTelemetry's settings cannot be used.
    pub(crate) fn from_env() -> io::Result<Option<Self>> {
        let named = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        if !ENDPOINTS.into_iter().any(named) {
            return Ok(None);
        }
        let why = |error: &dyn std::error::Error| {
            io::Error::other(format!("the settings of OpenTelemetry: {error}"))
        };
        // The same TLS as for deliveries: a second implementation would panic at its first use.
        let tls = tls::trusting(&[]).map_err(|error| why(&error))?;
        let client = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(ANSWERS_WITHIN)
            .build()
            .map_err(|error| why(&error))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .build()
            .map_err(|error| why(&error))?;
        let mut resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let service = Resource::builder()
            .build()
            .get(&Key::from_static_str("service.name"));
        if service.is_none_or(|name| name.as_str().starts_with("unknown_service")) {
            resource = resource.with_service_name("curfew");
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    /// Takes the spans that are for traces, and nothing that is for the log.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer: OpenTelemetryLayer<S, Tracer> =
            tracing_opentelemetry::layer().with_tracer(self.0.tracer("curfew"));
        let takes = |about: &Metadata<'_>| about.is_span() && about.target() == TRACES;
        layer
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(takes).with_max_level_hint(Level::TRACE))
    }

    /// Sends what is left, but for no longer than this.
    pub(crate) fn end(&self, most: Duration) {
        if let Err(error) = self.0.shutdown_with_timeout(most) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Makes the request's span part of the trace that its caller names.
pub(super) fn continues(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract(&Headers(headers));
    // Refused only where the span has begun already.
    let _ = span.set_parent(caller);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
