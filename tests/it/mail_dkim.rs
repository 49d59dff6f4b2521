//! DKIM: mail that we signed, checked by a verifier that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use harness::{Mailbox, Protection, Told};
use server::config::{Config, Secret};
use shared::incident::NewIncident;

harness::on_every_database! {
    /// Each subscriber's mail is another, for it has links of its own: every one of them is signed.
    async fn others_find_our_signatures_good_and_forged_mails_bad(app: TestApp) {
        let office = Mailbox::start_with(Protection::None);
        let key = app.database.folder.path().join("dkim.pem");
        std::fs::write(&key, server::notify::new_key().unwrap()).unwrap();
        let people = ["ana@example.org", "ben@example.org"];
        for address in people {
            app.seed().subscriber(address).await;
        }
        let mut mail = app.cx.config.mail.clone();
        let node = app
            .second_node_with(|config: &mut Config| {
                config.mail.smtp_url = Secret::new(office.url());
                config.mail.from = "status@example.org".into();
                config.mail.dkim_key_file = key.display().to_string();
                mail = config.mail.clone();
            })
            .await;
        let incident = NewIncident::investigating("Störung  mit Abständen ");
        node.admin().await.api().create_incident(&incident).await.told().unwrap();
        node.run_jobs().await;

        let record = server::notify::dns_records(&mail).unwrap().remove(0);
        assert_eq!(record.name, "signet._domainkey.example.org");
        for address in people {
            let letter = office.last_to(address);
            assert!(verifies(&letter.raw, &record.text), "{}", letter.raw);
            for forged in [
                letter.raw.replace("/manage/", "/evil/"),
                letter.raw.replace("Subject: ", "Subject: Re: "),
                letter.raw.replacen("Subject: ", "Subject: Other\r\nSubject: ", 1),
                letter.raw.replace("List-Unsubscribe-Post: ", "List-Unsubscribe-Post: x"),
            ] {
                assert!(forged != letter.raw && !verifies(&forged, &record.text), "{forged}");
            }
        }
    }
}

const DKIMPY: &str = r#"
import sys, dkim
record = sys.argv[1].encode()
ask = lambda name, timeout=5: record if name.rstrip(b".") == b"signet._domainkey.example.org" else None
print(dkim.verify(sys.stdin.buffer.read(), dnsfunc=ask))
"#;

/// What dkimpy says of a mail, with this record in the DNS.
fn verifies(mail: &str, record: &str) -> bool {
    let python = std::env::var_os("SIGNET_TEST_PYTHON").expect("SIGNET_TEST_PYTHON names a Python with dkimpy");
    let mut child = Command::new(&python)
        .args(["-c", DKIMPY, record])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/toolchain.sh --test installs it", python.display()));
    child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim() == "True"
}
