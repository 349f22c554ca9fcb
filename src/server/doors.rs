//! What stands behind each listener, made from one configuration; a reload makes another.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::access::Allowance;
use crate::authentic::Verifier;
use crate::config::authentic::Verify;
use crate::config::{self, Config};
use crate::metrics::Listener;
use crate::net::Tls;
use crate::zone::Zone;
use crate::{dns, imap, smtp, web};

use super::certificate::Certificates;
use super::installation::message_bytes_max;
use super::{Addresses, Installation};

/// The port that a browser takes where none is named.
const STANDARD_HTTPS: u16 = 443;

/// All doors, as configured.
pub(super) struct Doors {
    relay: Arc<smtp::Door>,
    submission: Arc<smtp::Door>,
    submissions: Arc<smtp::Door>,
    imap: Arc<imap::Door>,
    imaps: Arc<imap::Door>,
    monitoring: Router,
    pages: web::Door,
    names: Option<Arc<dns::Door>>,
    tls: Arc<Tls>,
    drain: CancellationToken,
}

impl Doors {
    /// The doors to an installation; `drain` is cancelled when sessions are to end.
    pub(super) fn new(
        here: &Installation,
        config: &Config,
        addresses: &Addresses,
        tls: &Certificates,
        zone: Option<Zone>,
        drain: &CancellationToken,
    ) -> Self {
        let smtp = Arc::new(smtp(here, config, addresses, tls));
        let tls = &tls.people;
        let imap = Arc::new(imap(here, config, addresses, tls));
        let door = |kind| Arc::new(smtp::Door::new(smtp.clone(), kind, drain.clone()));
        let reading = |port| Arc::new(imap::Door::new(imap.clone(), port, drain.clone()));
        Self {
            relay: door(smtp::Kind::Relay),
            submission: door(smtp::Kind::Submission),
            submissions: door(smtp::Kind::Submissions),
            imap: reading(imap::Port::Imap),
            imaps: reading(imap::Port::Imaps),
            monitoring: web::monitoring(web::Services { metrics: here.metrics.clone(), db: here.db.clone() }),
            pages: web::Door::new(pages(here, config, addresses)),
            names: zone.map(|zone| Arc::new(dns::Door::new(zone, drain.clone()))),
            tls: tls.clone(),
            drain: drain.clone(),
        }
    }

    /// Who answers questions about names, if anybody does.
    pub(super) fn names(&self) -> Option<Arc<dns::Door>> {
        self.names.clone()
    }

    /// Serves one connection that came in at a listener.
    pub(super) fn session(
        &self,
        listener: Listener,
        connection: TcpStream,
        peer: SocketAddr,
    ) -> BoxFuture<'static, ()> {
        match listener {
            Listener::Smtp => send(self.relay.clone(), connection, peer),
            Listener::Submission => send(self.submission.clone(), connection, peer),
            Listener::Submissions => send(self.submissions.clone(), connection, peer),
            Listener::Imap => read(self.imap.clone(), connection, peer),
            Listener::Imaps => read(self.imaps.clone(), connection, peer),
            Listener::Https => {
                web::serve_tls(connection, peer, self.pages.clone(), self.tls.clone(), self.drain.clone()).boxed()
            }
            Listener::Metrics => web::serve(connection, self.monitoring.clone(), self.drain.clone()).boxed(),
            Listener::Dns => {
                let names = self.names.clone();
                async move {
                    if let Some(door) = names {
                        door.session(connection).await;
                    }
                }
                .boxed()
            }
        }
    }
}

fn send(door: Arc<smtp::Door>, connection: TcpStream, peer: SocketAddr) -> BoxFuture<'static, ()> {
    async move { door.session(connection, peer).await }.boxed()
}

fn read(door: Arc<imap::Door>, connection: TcpStream, peer: SocketAddr) -> BoxFuture<'static, ()> {
    async move { door.session(connection, peer).await }.boxed()
}

fn smtp(here: &Installation, config: &Config, addresses: &Addresses, tls: &Certificates) -> smtp::Services {
    smtp::Services {
        access: here.access.clone(),
        directory: here.directory.clone(),
        delivery: here.delivery.clone(),
        filters: here.filters.clone(),
        provisioning: here.control(config, Some(addresses)).provisioning,
        keys: here.keys.clone(),
        verifier: Arc::new(verifier(config)),
        tls: tls.people.clone(),
        tls_of_servers: tls.servers.clone(),
        devices: here.devices.clone(),
        clock: here.clock.clone(),
        metrics: here.metrics.clone(),
        in_flight: here.in_flight.clone(),
        settings: smtp::Settings {
            hostname: config.server.hostname.to_string(),
            message_bytes_max: message_bytes_max(config),
            recipients_max: config.mail.max_recipients,
            allowance: Allowance {
                hourly: config.mail.hourly_limit,
                daily: config.mail.daily_limit,
                strangers: config.mail.strangers_limit,
            },
            page: page(config, addresses),
            plaintext_login_from: config.tls.plaintext_login_from.clone(),
            trusted: config.relay.trusted.clone(),
            sends_out: config.relay.sends_out.clone(),
            lists: config.relay.lists.clone(),
            devices: config.relay.device.iter().map(device).collect(),
            sender_trace: config.mail.sender_trace,
        },
    }
}

/// Without DNS servers there is nothing to be found out, and nothing to wait for.
fn verifier(config: &Config) -> Verifier {
    let (hostname, policy) = (config.server.hostname.to_string(), config.authentic.policy());
    if config.authentic.verify == Verify::Off {
        return Verifier::off(hostname, policy);
    }
    Verifier::new(hostname.clone(), policy.clone(), &config.relay.dns).unwrap_or_else(|error| {
        tracing::warn!(%error, "mail is taken unchecked: there is no DNS to ask");
        Verifier::off(hostname, policy)
    })
}

fn device(configured: &config::relay::Device) -> smtp::Device {
    let config::relay::Device { name, networks, sender, hourly_limit } = configured.clone();
    smtp::Device { name, networks, sender, hourly_limit }
}

fn imap(here: &Installation, config: &Config, addresses: &Addresses, tls: &Arc<Tls>) -> imap::Services {
    imap::Services {
        access: here.access.clone(),
        directory: here.directory.clone(),
        store: here.store.clone(),
        provisioning: here.control(config, Some(addresses)).provisioning,
        tls: tls.clone(),
        clock: here.clock.clone(),
        metrics: here.metrics.clone(),
        in_flight: here.in_flight.clone(),
        spool: here.spool.clone(),
        settings: imap::Settings {
            hostname: config.server.hostname.to_string(),
            language: config.server.language,
            page: page(config, addresses),
            message_bytes_max: message_bytes_max(config),
            plaintext_login_from: config.tls.plaintext_login_from.clone(),
        },
    }
}

fn pages(here: &Installation, config: &Config, addresses: &Addresses) -> web::Pages {
    web::Pages {
        access: here.access.clone(),
        provisioning: here.control(config, Some(addresses)).provisioning,
        sessions: here.pages.clone(),
        metrics: here.metrics.clone(),
        language: config.server.language,
        // Of a certificate that browsers do not trust they would never forget to refuse it (RFC 6797 §11.3).
        transport: if config.tls.certificate.is_some() { web::Transport::Strict } else { web::Transport::AsItIs },
    }
}

/// Where people change their passwords; nowhere, if nothing listens for it.
fn page(config: &Config, addresses: &Addresses) -> Option<String> {
    let port = addresses.of(Listener::Https)?.port();
    let hostname = &config.server.hostname;
    Some(if port == STANDARD_HTTPS { format!("https://{hostname}/") } else { format!("https://{hostname}:{port}/") })
}

/// What a connection beyond the bounds is told.
pub(super) fn turned_away(listener: Listener) -> &'static [u8] {
    match listener {
        Listener::Smtp | Listener::Submission => smtp::reply::TURNED_AWAY,
        Listener::Imap => imap::reply::TURNED_AWAY,
        // Before a handshake there is no language to say it in; nor does a web server speak first.
        Listener::Submissions | Listener::Imaps | Listener::Https | Listener::Metrics | Listener::Dns => b"",
    }
}
