//! DNS, as far as it is there. A network that has none is common (R2), and a resolver can die: nothing waits for one that
//! does not answer.
//!
//! Whether it answers is found out by asking for the name servers of the root, beside the mail: at the start, and again when
//! a message had to be given up on. A domain whose own servers are slow says nothing about the resolver, so that nobody
//! can switch checks off for others by asking about such a domain.

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RecordType;
use mail_auth::MessageAuthenticator;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::limits;
use crate::net::resolver;

/// The resolver, and whether it answers.
pub struct Names {
    resolver: MessageAuthenticator,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is being asked for the first time.
    Unknown,
    Answers,
    /// It is being asked again; meanwhile it is used.
    InDoubt,
    Silent {
        since: Instant,
    },
}

impl Names {
    /// Asks these servers, or those of the system where there are none. Nothing where the system names none.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let (config, mut options) = resolver::configuration(servers)?;
        options.timeout = limits::NAMES_QUERY_WAIT_MAX;
        options.attempts = 1;
        let names = Self {
            resolver: MessageAuthenticator::new(config, options)?,
            state: Arc::new(watch::Sender::new(State::Unknown)),
        };
        names.probe();
        Ok(names)
    }

    /// What answers questions; nothing while there is nobody who does. Waits in the first second after the start only.
    pub(super) async fn asked(&self) -> Option<&MessageAuthenticator> {
        let mut states = self.state.subscribe();
        let state = states.wait_for(|state| *state != State::Unknown).await.map(|state| *state);
        match state {
            Ok(State::Silent { since }) => {
                if since.elapsed() > limits::NAMES_PROBE_EVERY
                    && self.become_from(State::Silent { since }, State::Silent { since: Instant::now() })
                {
                    self.probe();
                }
                None
            }
            _ => Some(&self.resolver),
        }
    }

    /// An answer took too long: if it is the resolver's fault, nothing more waits for it.
    pub(super) fn doubt(&self) {
        if self.become_from(State::Answers, State::InDoubt) {
            self.probe();
        }
    }

    fn become_from(&self, old: State, new: State) -> bool {
        self.state.send_if_modified(|state| {
            let is_old = *state == old;
            if is_old {
                *state = new;
            }
            is_old
        })
    }

    fn probe(&self) {
        let (resolver, state) = (self.resolver.clone(), self.state.clone());
        tokio::spawn(async move {
            let asked = timeout(limits::NAMES_PROBE_WAIT_MAX, resolver.resolver().lookup(".", RecordType::NS)).await;
            // Whatever it says, it is there.
            let answers = matches!(asked, Ok(Ok(_) | Err(NetError::Dns(_))));
            let new = if answers { State::Answers } else { State::Silent { since: Instant::now() } };
            let old = state.send_replace(new);
            match (old, new) {
                (State::Silent { .. }, State::Silent { .. }) | (State::InDoubt | State::Unknown, State::Answers) => {}
                (_, State::Silent { .. }) => {
                    tracing::warn!("DNS does not answer: mail is taken unchecked until it does");
                }
                _ => tracing::info!("DNS answers: mail is checked"),
            }
        });
    }
}
