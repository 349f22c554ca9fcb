//! The staff page's services and its routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use super::session::Sessions;
use super::view::{self, Problem, problem};
use super::visit::Visit;
use super::{account, delegates, devices, leak, password, sign_in};
use crate::access::Access;
use crate::language::Language;
use crate::metrics::Metrics;
use crate::provisioning::Provisioning;

/// What the staff page needs.
pub struct Pages {
    /// Who may sign in.
    pub access: Access,
    /// Every change, and what there is to be shown.
    pub provisioning: Provisioning,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What is counted.
    pub metrics: Metrics,
    /// For browsers that like neither of our languages.
    pub language: Language,
    /// Whether browsers are to remember that this host has TLS.
    pub transport: Transport,
}

/// Whether browsers are to refuse this host without a certificate that they trust (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// They are: the certificate is the office's.
    Strict,
    /// They are not: with a self-signed one nobody could come in any more.
    AsItIs,
}

/// The staff page. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Door(Router);

/// Nothing but our own style sheet and icon is loaded, nothing is run, and forms go to us alone.
const CONTENT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                       frame-ancestors 'none'; base-uri 'none'";

impl Door {
    /// The page on these services.
    pub fn new(pages: Pages) -> Self {
        let pages = Arc::new(pages);
        let router = Router::new()
            .route("/", get(account::home))
            .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
            .route("/sign-out", post(sign_in::sign_out))
            .route("/password", get(password::form).post(password::change))
            .route("/devices", get(devices::list).post(devices::make))
            .route("/devices/remove", post(devices::remove))
            .route("/delegates", get(delegates::list).post(delegates::allow))
            .route("/delegates/end", post(delegates::end))
            .route("/leak", get(leak::form).post(leak::report))
            .route("/settings", get(account::settings))
            .route("/log-ins", get(account::log_ins))
            .route("/style.css", get(view::style()))
            .route("/icon.svg", get(view::icon()))
            .fallback(not_found)
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn_with_state(pages.clone(), guarded))
            .with_state(pages);
        Self(router)
    }

    pub(super) fn router(&self) -> Router {
        self.0.clone()
    }
}

async fn not_found(State(pages): State<Arc<Pages>>, visit: Visit) -> Response {
    problem(&visit, &pages, Problem::NotFound)
}

async fn wrong_method(State(pages): State<Arc<Pages>>, visit: Visit) -> Response {
    problem(&visit, &pages, Problem::Method)
}

/// What every answer carries, whatever became of the request.
async fn guarded(State(pages): State<Arc<Pages>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CONTENT);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    if pages.transport == Transport::Strict {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
