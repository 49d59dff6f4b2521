//! What only another version of Signet, or no version at all, would write into a backup.

use std::fs::File;
use std::io::Write;

use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::*;

const PASSPHRASE: &str = "correct horse battery staple";

/// Seals these lines as a backup is sealed, restores them, and gives what was said instead of doing it.
async fn refusal(lines: &[Value]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.backup");
    let mut recipient = age::scrypt::Recipient::new(PASSPHRASE.to_owned().into());
    recipient.set_work_factor(2);
    let sealed = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let sealed = sealed.wrap_output(File::create(&path).unwrap()).unwrap();
    let mut packed = GzEncoder::new(sealed, flate2::Compression::fast());
    for line in lines {
        writeln!(packed, "{line}").unwrap();
    }
    packed.finish().unwrap().finish().unwrap();

    let mut config = Config::defaults().unwrap();
    config.data_dir = folder.path().join("data");
    let refusal = restore(&config, &path, &Secret::new(PASSPHRASE), false).await;
    assert!(!config.data_dir.exists(), "something was made");
    format!("{:#}", refusal.unwrap_err())
}

fn header(migrations: &[&str]) -> Value {
    json!({ "header": {
        "version": "9.9.9",
        "migrations": migrations,
        "taken_at": "2026-11-24T00:00:00.000Z",
        "app_key": Secrets::random().reveal(),
    } })
}

const FIRST: &str = "m20261124_000001_pages_and_components";

#[tokio::test]
async fn a_newer_format_wants_its_own_version() {
    let refusal = refusal(&[json!({ "format": 2 }), json!("whatever it may be")]).await;
    assert!(refusal.contains("format 2, expected 1"), "{refusal}");
}

#[tokio::test]
async fn a_newer_schema_wants_its_own_version() {
    let future = "m29991231_000001_from_the_future";
    let refusal = refusal(&[json!({ "format": 1 }), header(&[FIRST, future])]).await;
    assert!(refusal.contains(future) && refusal.contains("newer"), "{refusal}");
}

#[tokio::test]
async fn a_history_with_a_gap_is_refused() {
    let refusal = refusal(&[
        json!({ "format": 1 }),
        header(&["m20261124_000002_incidents_and_maintenance"]),
    ])
    .await;
    assert!(refusal.contains("leave one out"), "{refusal}");
}

/// The tables are held against the schema, not only against what the file says of itself.
#[tokio::test]
async fn a_backup_without_its_tables_is_not_whole() {
    let refusal = refusal(&[json!({ "format": 1 }), header(&[FIRST]), json!({ "end": {} })]).await;
    assert!(refusal.contains("damaged"), "{refusal}");
}

#[tokio::test]
async fn a_table_of_another_shape_is_refused() {
    let table = json!({ "table": { "name": "page", "columns": ["id", "colour"] } });
    let refusal = refusal(&[json!({ "format": 1 }), header(&[FIRST]), table]).await;
    assert!(refusal.contains("another shape"), "{refusal}");
}
