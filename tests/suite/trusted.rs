//! Other servers that are known by the certificate that they show, and what is asked of those that are not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hopthu::net::Fingerprint;
use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::client::Client;
use crate::harness::{Daemon, Settings};

/// A certificate that a client shows when it is asked for one.
#[derive(Clone, Debug)]
struct Shown {
    key: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Release);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

impl Shown {
    fn new(certificate: Option<(CertificateDer<'static>, &KeyPair)>) -> Self {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified = |(certificate, key): (CertificateDer<'static>, &KeyPair)| {
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            Arc::new(CertifiedKey::from_der(vec![certificate], key, &provider).unwrap())
        };
        Self { key: certificate.map(certified), asked: Arc::default() }
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// What a client with this certificate hears when it sends as one of us.
fn mail_from_inside(daemon: &Daemon, shown: &Shown) -> u16 {
    let trust = daemon.trust().showing(Arc::new(shown.clone()));
    let mut client = Client::plain(daemon.address("smtp"), trust);
    client.reply();
    client.ask("EHLO relay.example.vn");
    assert_eq!(client.ask("STARTTLS"), 220);
    client.start_tls();
    client.ask("EHLO relay.example.vn");
    let who = daemon.person("daont").unwrap();
    let code = client.ask(&format!("MAIL FROM:<{}>", who.address));
    if code == 250 {
        assert_eq!(client.ask(&format!("RCPT TO:<{}>", who.address)), 250);
        assert_eq!(client.ask("DATA"), 354);
        client.send(format!("From: <{}>\r\nSubject: tu may chu quen\r\n\r\nx\r\n.\r\n", who.address).as_bytes());
        assert_eq!(client.reply().0, 250);
    }
    code
}

fn write(file: &Path, pem: &str) -> String {
    std::fs::write(file, pem).unwrap();
    format!("{:?}", file.display().to_string())
}

#[test]
fn a_server_is_trusted_by_the_certificate_that_it_shows() {
    let dir = tempfile::tempdir().unwrap();
    let (named, vouched, stranger) =
        (KeyPair::generate().unwrap(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = params("authority");
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.extended_key_usages.clear();
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let issuer: &Issuer<'_, KeyPair> = &authority;
    let of_named = params("relay.example.vn").self_signed(&named).unwrap();
    let of_vouched = params("other.example.vn").signed_by(&vouched, issuer).unwrap();
    let of_stranger = params("relay.example.vn").self_signed(&stranger).unwrap();
    let settings = Settings::default()
        .with("relay.trusted_certificates", &format!("[\"{}\"]", Fingerprint::of(of_named.der())))
        .with("relay.trusted_authority", &write(&dir.path().join("authority.pem"), &authority.pem()));
    let daemon = Daemon::start(&settings);
    let said = |certificate| {
        let shown = Shown::new(certificate);
        let code = mail_from_inside(&daemon, &shown);
        assert!(shown.asked.load(Ordering::Acquire));
        code
    };
    assert_eq!(said(Some((of_named.der().clone(), &named))), 250);
    assert_eq!(said(Some((of_vouched.der().clone(), &vouched))), 250);
    assert_eq!(said(Some((of_stranger.der().clone(), &stranger))), 550, "anybody may show one, and is a stranger");
    assert_eq!(said(None), 550);
    // In clear nobody has shown anything.
    let mut client = daemon.connect("smtp");
    client.reply();
    client.ask("EHLO relay.example.vn");
    assert_eq!(client.ask("MAIL FROM:<daont@daklak.doj.gov.vn>"), 550);
}

#[test]
fn where_no_certificate_is_known_none_is_asked_for() {
    let key = KeyPair::generate().unwrap();
    let certificate = params("relay.example.vn").self_signed(&key).unwrap();
    let daemon = Daemon::start(&Settings::default());
    let shown = Shown::new(Some((certificate.der().clone(), &key)));
    assert_eq!(mail_from_inside(&daemon, &shown), 550);
    assert!(!shown.asked.load(Ordering::Acquire));
}
