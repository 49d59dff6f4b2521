//! How the installation itself is: what the console's overview shows operators.

use crate::Timestamp;

words! {
    /// Where mail goes.
    pub enum MailMode {
        /// Through the configured SMTP server.
        Smtp = "smtp",
        /// Into files, because no SMTP server is configured.
        File = "file",
    }
}

output! {
    /// The state of the installation.
    pub struct SystemState {
        pub version: String,
        /// `sqlite`, `postgres` or `mysql`.
        pub database: String,
        pub mail_mode: MailMode,
        /// Where the files lie, when mail goes into files.
        pub mail_dir: Option<String>,
        pub last_mail_at: Option<Timestamp>,
        /// Jobs that are due or running.
        pub jobs_waiting: u64,
        /// Since when the oldest of them has been due.
        pub oldest_due_at: Option<Timestamp>,
        /// Jobs that were given up; each has a reason.
        pub jobs_parked: u64,
        pub deliveries_waiting: u64,
        pub deliveries_given_up: u64,
        pub schedule: Vec<ScheduledJob>,
    }

    /// Work that is done again and again.
    pub struct ScheduledJob {
        pub name: String,
        pub next_at: Timestamp,
    }

    /// What became of a test mail.
    pub struct TestMailResult {
        pub is_sent: bool,
        /// What the mail server said, or where the file lies.
        pub detail: String,
    }
}

input! {
    /// Where a test mail goes.
    pub struct TestMail {
        pub email: String,
    }
}

impl crate::Validate for TestMail {
    fn check(&self, check: &mut crate::Check) {
        check.take("email", crate::text::EmailAddress::parse(&self.email));
    }
}
