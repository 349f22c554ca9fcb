//! R28 from outside: every kind of tampering with the database of a real daemon is found on a copy of it, entries are
//! cut after their retention, and the directory can be rebuilt from the audit alone.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use hopthu::db::Db;
use hopthu::directory::{Department, Directory};
use hopthu::{feed, server};
use serde_json::{Map, Value, json};
use sqlx::{Connection, Row};

use crate::province::Office;

/// A copy of a data directory, to be tampered with.
struct Copy {
    dir: tempfile::TempDir,
}

impl Copy {
    fn of(data: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(data, &dir.path().join("d"));
        Self { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("d")
    }

    fn sql(&self, statements: &str) {
        run(async {
            let mut connection = open(&self.path()).await;
            let statements = sqlx::AssertSqlSafe(format!("PRAGMA foreign_keys = OFF; {statements}"));
            sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    fn verify(&self) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_hopthu"))
            .args(["--config", &self.path().join("hopthu.toml").display().to_string(), "--json", "audit", "verify"])
            .output()
            .unwrap();
        let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(verified["ok"] == false)), "{verified}");
        verified
    }

    fn found(&self) -> (Value, String) {
        let verified = self.verify();
        assert_eq!(verified["ok"], false, "{verified}");
        (verified["broken_at"].clone(), verified["problem"]["found_by"].as_str().unwrap().to_owned())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o700)).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &to) } else { std::fs::copy(&path, &to).map(drop).unwrap() }
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

async fn open(data: &Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(server::database(data));
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

/// The chain of a whole table, made anew as whoever knows the code would make it: written again here, from its
/// description alone.
fn rewrite(data: &Path) {
    run(async {
        let mut connection = open(data).await;
        let rows = sqlx::query("SELECT * FROM audit ORDER BY seq").fetch_all(&mut connection).await.unwrap();
        let mut digest = vec![0; 32];
        for row in &rows {
            let number = |column: &str| row.get::<Option<i64>, _>(column).map(|n| n.to_le_bytes().to_vec());
            let text = |column: &str| row.get::<Option<String>, _>(column).map(String::into_bytes);
            let fields = ["seq", "at"].map(number).into_iter().chain(["actor", "what", "subject"].map(text));
            let fields = fields.chain([number("decision")]).chain(["note", "before", "after"].map(text));
            let mut context = Context::new(&SHA256);
            context.update(&digest);
            for field in fields {
                context.update(&field.as_ref().map_or(u64::MAX, |octets| octets.len() as u64).to_le_bytes());
                context.update(&field.unwrap_or_default());
            }
            digest = context.finish().as_ref().to_vec();
            let update = sqlx::query("UPDATE audit SET digest = ? WHERE seq = ?");
            update.bind(&digest).bind(row.get::<i64, _>("seq")).execute(&mut connection).await.unwrap();
        }
        let update = sqlx::query("UPDATE audit_head SET entries = (SELECT max(seq) FROM audit), digest = ?");
        update.bind(&digest).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// A department with a past, whose daemon has ended after it exported the head of all of it.
fn with_a_past() -> (Office, PathBuf) {
    let mut office = Office::open();
    office.live();
    let office = office.restart(|data| std::fs::remove_file(data.join("audit-heads.jsonl")).unwrap());
    let data = office.data();
    (office, data)
}

fn wait_for_head(data: &Path) {
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while !data.join("audit-heads.jsonl").exists() {
        assert!(std::time::Instant::now() < until, "no head was exported");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn r28_every_kind_of_tampering_is_found_on_a_copy() {
    let (office, data) = with_a_past();
    wait_for_head(&data);
    let Office { process, dir, .. } = office;
    drop(process);
    let untouched = Copy::of(&data).verify();
    assert_eq!(
        (&untouched["ok"], &untouched["broken_at"], &untouched["heads"]),
        (&json!(true), &Value::Null, &json!(1))
    );
    let last = untouched["entries"].as_i64().unwrap();
    let mode = std::fs::metadata(data.join("audit-heads.jsonl")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    for (tampering, place) in [
        ("UPDATE audit SET actor = 'x' WHERE seq = 7", 7),
        ("UPDATE audit SET note = 'x' WHERE seq = 7", 7),
        ("UPDATE audit SET at = at + 1 WHERE seq = 7", 7),
        ("UPDATE audit SET after = json_set(after, '$.x', 1) WHERE seq = 7", 7),
        ("UPDATE audit SET decision = NULL WHERE seq = (SELECT max(seq) FROM audit WHERE decision IS NOT NULL)", 0),
        ("DELETE FROM audit WHERE seq = 7", 7),
        ("DELETE FROM audit WHERE seq = 7; UPDATE audit SET seq = seq - 1 WHERE seq > 7", 7),
        ("DELETE FROM audit WHERE seq > 20", 21),
        ("DELETE FROM audit", 1),
        (
            "UPDATE audit SET seq = -1 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 9; UPDATE audit SET seq = 9 WHERE seq = -1",
            7,
        ),
        (
            "INSERT INTO audit SELECT seq + 1, at, actor, what, subject, decision, note, before, after, digest FROM audit \
          ORDER BY seq DESC LIMIT 1",
            last + 1,
        ),
    ] {
        let copy = Copy::of(&data);
        copy.sql(tampering);
        let (broken, found_by) = copy.found();
        assert_eq!(found_by, "chain", "{tampering}");
        assert!(place == 0 || broken == json!(place), "{tampering}: {broken}");
    }

    // Whoever makes a sound chain of what was tampered with is found by the head that was exported.
    for tampering in [
        "UPDATE audit SET actor = 'x' WHERE seq = 7",
        "DELETE FROM audit WHERE seq = 7; UPDATE audit SET seq = seq - 1 WHERE seq > 7",
        "DELETE FROM audit WHERE seq > 20",
        "DELETE FROM audit WHERE seq > 1",
    ] {
        let copy = Copy::of(&data);
        copy.sql(tampering);
        rewrite(&copy.path());
        assert_eq!(copy.found().1, "head_differs", "{tampering}");
        let heads = copy.path().join("audit-heads.jsonl");
        let text = std::fs::read_to_string(&heads).unwrap();
        std::fs::write(&heads, text.replace("\"entries\":", "\"entries\":1")).unwrap();
        assert_eq!(copy.found().1, "head_forged", "{tampering}");
    }
    let same = Copy::of(&data);
    rewrite(&same.path());
    assert_eq!(same.verify(), untouched, "the chain is what its description says");
    let other_key = Copy::of(&data);
    std::fs::remove_file(other_key.path().join("keys/office.pem")).unwrap();
    assert_eq!(other_key.found().1, "head_forged");
    drop(dir);
}

#[test]
fn r28_entries_are_cut_after_their_retention_behind_a_signed_checkpoint() {
    let mut office = Office::open();
    office.live();
    office.export("1.jsonl").unwrap();
    let before = office.ok(&["audit", "verify"])["entries"].as_i64().unwrap();
    std::thread::sleep(Duration::from_millis(2100));
    office.hire("Vũ Thị Xuân", "van-phong");
    let configure = |data: &Path| {
        let file = data.join("hopthu.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("#retention = \"10y\"", "retention = \"1s\"")).unwrap();
    };
    let office = office.restart(configure);
    let until = std::time::Instant::now() + Duration::from_secs(30);
    let verified = loop {
        let verified = office.ok(&["audit", "verify"]);
        if !verified["cut"].is_null() {
            break verified;
        }
        assert!(std::time::Instant::now() < until, "nothing was cut: {verified}");
        std::thread::sleep(Duration::from_millis(50));
    };
    // What the province was not told yet, and where its addresses stand since, is kept.
    let cut = verified["cut"]["seq"].as_i64().unwrap();
    assert!(cut < before && verified["ok"] == true, "{verified}");
    let text = std::fs::read_to_string(office.file("1.jsonl")).unwrap();
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(header["audit"]["to"], json!(cut));

    let second = office.export("2.jsonl").unwrap();
    let told = std::fs::read_to_string(second).unwrap();
    assert_eq!(told.lines().count(), 3, "{told}");
    assert_eq!(office.ok(&["province", "export", "--since", "1"])["files"].as_array().unwrap().len(), 1);
    // The first file goes on from nothing, and its end is the checkpoint: it is still known.
    office.ok(&["province", "export", "--since", "0"]);

    let data = office.data();
    let Office { process, dir, .. } = office;
    drop(process);
    for forged in [
        "UPDATE audit_checkpoint SET state = json_set(state, '$.last', 1)",
        "UPDATE audit_checkpoint SET digest = zeroblob(32)",
        "UPDATE audit_checkpoint SET signature = zeroblob(64)",
        "UPDATE audit_checkpoint SET seq = seq + 1; DELETE FROM audit WHERE seq = (SELECT seq FROM audit_checkpoint)",
    ] {
        let copy = Copy::of(&data);
        copy.sql(forged);
        assert_eq!(copy.found().1, "checkpoint", "{forged}");
    }
    let copy = Copy::of(&data);
    copy.sql("DELETE FROM audit_checkpoint");
    assert_eq!(copy.found().1, "chain");
    assert_eq!(Copy::of(&data).verify()["ok"], true);
    assert_rebuilt(&data);
    drop(dir);
}

/// Folding the audit, from empty or from its checkpoint, gives the directory's rows, every column of them.
fn assert_rebuilt(data: &Path) {
    run(async {
        let db = Db::open(&server::database(data)).await.unwrap();
        let department = Department {
            own: "daklak.doj.gov.vn".parse().unwrap(),
            provincial: "daklak.gov.vn".parse().ok(),
            postmaster: None,
            leaders: Vec::new(),
            office: "van-phong".to_owned(),
            name: "Sở Tư pháp".to_owned(),
        };
        let directory = Directory::open(&db, department).await.unwrap();
        let mut reader = db.read().await.unwrap();
        let start = feed::start(&mut reader).await.unwrap();
        let state = feed::advance(&mut reader, start, None).await.unwrap();
        drop(reader);
        let rows = directory.snapshot().rows().map(|row| (row.key().to_string(), row.columns())).collect();
        let rebuilt: std::collections::BTreeMap<String, Map<String, Value>> =
            state.plain().into_iter().map(|(subject, row)| (subject.to_owned(), row)).collect();
        let rows: std::collections::BTreeMap<String, Map<String, Value>> = rows;
        for (subject, row) in &rows {
            assert_eq!(rebuilt.get(subject), Some(row), "{subject}");
        }
        assert_eq!(rebuilt.len(), rows.len());
        db.close().await;
    });
}

#[test]
fn r28_the_directory_is_rebuilt_from_the_audit_alone() {
    let mut office = Office::open();
    office.live();
    let leaving = office.hire("Vũ Thị Xuân", "van-phong");
    office.ok(&["staff", "suspend", &leaving]);
    office.ok(&["staff", "resume", &leaving]);
    office.decide(&["staff", "depart", &leaving, "--reason", "retire", "--grace", "0d"]);
    office.decide(&["unit", "merge", "ho-tich", "--into", "to-chuc"]);
    office.export("1.jsonl").unwrap();
    let data = office.data();
    let Office { process, dir, .. } = office;
    drop(process);
    assert_rebuilt(&data);
    drop(dir);
}

#[test]
fn r28_entries_name_who_acted_and_can_be_found_and_exported() {
    let mut office = Office::open();
    let address = office.hire("Đặng Thị Huế", "van-phong");
    let acted = Command::new(env!("CARGO_BIN_EXE_hopthu"))
        .args(["--config", &office.data().join("hopthu.toml").display().to_string()])
        .args(["staff", "suspend", &address, "--note", "nghỉ việc riêng"])
        .env("SUDO_USER", "hoa")
        .env("SSH_CONNECTION", "10.1.2.3 51234 10.1.2.1 22")
        .status()
        .unwrap();
    assert!(acted.success());
    let listed = office.ok(&["audit", "list", "--last", "1000", "--since", "2026-01-01"]);
    let entries = listed["entries"].as_array().unwrap();
    let actor = entries.last().unwrap()["actor"].as_str().unwrap();
    assert!(actor.ends_with("sudo: hoa, ssh: 10.1.2.3)"), "{actor}");
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let logged_in = !matches!(login.trim(), "" | "4294967295");
    assert_eq!(actor.contains("login: "), logged_in, "{actor}");

    let subject = entries.last().unwrap()["subject"].as_str().unwrap().to_owned();
    let about = office.ok(&["audit", "list", "--subject", &subject]);
    let about = about["entries"].as_array().unwrap();
    assert!(!about.is_empty() && about.iter().all(|entry| entry["subject"] == subject.as_str()));
    let by = office.ok(&["audit", "list", "--decision", "901/qđ-stp"]);
    let by = by["entries"].as_array().unwrap();
    assert!(by.len() > 2 && by.iter().all(|entry| entry["decision"] == by[0]["decision"]), "{by:#?}");
    office.refused(2, &["audit", "list", "--decision", "77/QĐ-STP"]);
    let later = office.ok(&["audit", "list", "--since", "2999-01-01"]);
    assert_eq!(later["entries"], json!([]));

    let out = office.file("audit.jsonl");
    let done = office.ok(&["audit", "export", "--since", "5", "--out", &out]);
    let lines = std::fs::read_to_string(&out).unwrap();
    let exported: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((exported.len() as u64, &exported[0]["seq"]), (done["entries"].as_u64().unwrap(), &json!(6)));
    assert_eq!(exported.last(), entries.last());
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let printed = office.process.command(&["audit", "export", "--since", "5"]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), lines);
    office.refused(2, &["audit", "export", "--out", &out]);
    office.process.assert_clean();
}

#[test]
fn r28_a_signing_key_that_others_can_read_is_refused() {
    let office = Office::open();
    let data = office.data();
    wait_for_head(&data);
    let Office { process, dir, .. } = office;
    drop(process);
    std::fs::set_permissions(data.join("keys/office.pem"), std::fs::Permissions::from_mode(0o640)).unwrap();
    for command in [&["serve"][..], &["audit", "verify"]] {
        let config = data.join("hopthu.toml").display().to_string();
        let output =
            Command::new(env!("CARGO_BIN_EXE_hopthu")).args(["--config", &config]).args(command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("province.signing_key") && said.contains("chmod 0600"), "{said}");
    }
    drop(dir);
}
