//! Servers that a story starts for itself because it is going to stop them: PostgreSQL with a standby, Redis, nginx.
//!
//! Each has a folder and a port of its own and is gone when it is dropped. Should the test be killed, the kernel ends them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tempfile::TempDir;

use crate::until;

/// A port on loopback that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A PostgreSQL that can be stopped in the middle of everything.
pub struct PrivatePostgres {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl PrivatePostgres {
    pub async fn start() -> Self {
        let folder = postgres_folder();
        let data = folder.path().join("data");
        run(as_postgres("initdb")
            .args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8"])
            .arg("--pgdata")
            .arg(data));
        Self::begin(folder).await
    }

    /// A standby that follows it by streaming.
    pub async fn standby(&self) -> Self {
        let folder = postgres_folder();
        run(as_postgres("pg_basebackup")
            .args(["--host", "127.0.0.1", "--username", "postgres", "--checkpoint", "fast"])
            .arg("--write-recovery-conf")
            .args(["--port", &self.port.to_string()])
            .arg("--pgdata")
            .arg(folder.path().join("data")));
        Self::begin(folder).await
    }

    async fn begin(folder: TempDir) -> Self {
        let mut server = Self {
            folder,
            port: free_port(),
            running: None,
        };
        server.start_again().await;
        server
    }

    /// Where a database of that name is.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// The one text that a query of its operator's answers.
    pub async fn ask(&self, query: &str) -> String {
        let db = Database::connect(self.url("postgres")).await.expect("a connection");
        let row = db
            .query_one_raw(Statement::from_string(DbBackend::Postgres, query))
            .await;
        let row = row.expect(query).expect("a row");
        db.close().await.expect("a connection that closes");
        row.try_get_by_index(0).expect("a text")
    }

    /// Stops it as a loss of power would: nobody is told, nothing is written to its end.
    pub fn stop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        // SIGQUIT, which is what `pg_ctl stop --mode immediate` sends.
        signal(&running, "QUIT");
        running.wait().expect("a server that ends");
    }

    /// Starts it, the first time or after [`Self::stop`], and waits until it answers.
    pub async fn start_again(&mut self) {
        let folder = self.folder.path();
        let mut command = as_postgres("postgres");
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        command.args([
            "-h",
            "127.0.0.1",
            "-c",
            "max_connections=60",
            "-p",
            &self.port.to_string(),
        ]);
        self.running = Some(spawn(&mut command, &folder.join("log")));
        let url = self.url("postgres");
        until("PostgreSQL answers", async || match Database::connect(&url).await {
            Ok(db) => db.ping().await.is_ok(),
            Err(_) => false,
        })
        .await;
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A Redis that can be stopped.
pub struct PrivateRedis {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl PrivateRedis {
    pub async fn start() -> Self {
        let mut server = Self {
            folder: tempfile::tempdir().expect("a folder"),
            port: free_port(),
            running: None,
        };
        server.start_again().await;
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn stop(&mut self) {
        kill(self.running.take());
    }

    pub async fn start_again(&mut self) {
        let mut command = dying_with_us("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path());
        self.running = Some(spawn(&mut command, &self.folder.path().join("log")));
        until("Redis answers", async || answers(self.port).await).await;
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An nginx with the site that operators are given, in front of processes of the story's.
pub struct Nginx {
    pub port: u16,
    folder: TempDir,
    running: Option<Child>,
}

impl Nginx {
    /// `site` is what stands inside `http { … }`; it listens on the port it is handed.
    pub async fn start(site: impl FnOnce(u16) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let home = folder.path().display();
        let frame = format!(
            "daemon off; user root; worker_processes 2; pid {home}/pid; error_log {home}/error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n\
             fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n{}\n}}\n",
            site(port)
        );
        let settings = folder.path().join("nginx.conf");
        std::fs::write(&settings, frame).expect("a file");
        let mut command = dying_with_us("nginx");
        command.arg("-e").arg(folder.path().join("error.log"));
        command.arg("-p").arg(folder.path()).arg("-c").arg(&settings);
        let mut nginx = Self {
            port,
            running: Some(spawn(&mut command, &folder.path().join("log"))),
            folder,
        };
        until("nginx answers", async || answers(port).await || nginx.has_ended()).await;
        nginx.must_run();
        nginx
    }

    /// What it complains of.
    pub fn complaints(&self) -> String {
        let read = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        format!("{}{}", read("error.log"), read("log"))
    }

    fn has_ended(&self) -> bool {
        !self.folder.path().join("pid").exists() && self.complaints().contains("[emerg]")
    }

    fn must_run(&mut self) {
        let complaints = self.complaints();
        assert!(!complaints.contains("[emerg]"), "{complaints}");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Told so, its workers go with it; killed, they would stay.
            signal(&running, "TERM");
            drop(running.wait());
        }
    }
}

async fn answers(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// Sends a signal by its name to a process of ours.
pub fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.id().to_string())
        .status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{name} cannot be sent");
}

pub(crate) fn kill(process: Option<Child>) {
    if let Some(mut process) = process {
        drop(process.kill());
        drop(process.wait());
    }
}

/// A program that the kernel ends when this process does. Debian keeps servers where not every user looks.
pub(crate) fn dying_with_us(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("setpriv");
    command.env("PATH", format!("{path}:/usr/sbin:/usr/bin"));
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// A program of PostgreSQL's, which refuses to run as root.
fn as_postgres(program: &str) -> Command {
    let program = newest_postgres().join(program);
    if !is_root() {
        return dying_with_us(&program.display().to_string());
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        "--pdeathsig",
        "KILL",
    ]);
    command.arg(program).current_dir("/");
    command
}

fn newest_postgres() -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL's programs; scripts/toolchain.sh --test");
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(number);
    newest.expect("a version of PostgreSQL").join("bin")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("an id");
    id.stdout.starts_with(b"0\n")
}

/// A folder that PostgreSQL may write to, and nobody else.
fn postgres_folder() -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("signet-postgres-")
        .tempdir()
        .expect("a folder");
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    folder
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("a program that starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(crate) fn spawn(command: &mut Command, log: &Path) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .expect("a file");
    let second = log.try_clone().expect("a file");
    command.stdin(Stdio::null()).stdout(log).stderr(second);
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
