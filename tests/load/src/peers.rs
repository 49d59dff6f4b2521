//! Those it is compared with, each on the core of the server while it is measured.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{LOAD_CORE, SERVER_CORE};

/// A port on loopback that nobody listens on.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Something that listens; it ends with this value.
pub struct Peer {
    pub address: String,
    process: Child,
    _folder: Option<TempDir>,
}

impl Peer {
    /// nginx with one worker, serving a file as what it is.
    pub async fn nginx(bytes: &[u8], content_type: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Its worker gives up root, and must still find the file.
        open_to_all(folder.path())?;
        std::fs::write(folder.path().join("answer"), bytes)?;
        let port = free_port()?;
        std::fs::write(
            folder.path().join("nginx.conf"),
            nginx_conf(folder.path(), port, content_type),
        )?;
        let mut command = pinned(SERVER_CORE, "nginx");
        command
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(folder.path().join("nginx.conf"));
        Self::started(command, port, Some(folder)).await
    }

    /// poem with one handler that answers these bytes.
    pub async fn bare_poem(bytes: &[u8]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("answer");
        std::fs::write(&file, bytes)?;
        let port = free_port()?;
        let this = std::env::current_exe()?;
        let mut command = pinned(SERVER_CORE, &this.display().to_string());
        command.arg("bare-poem").arg(port.to_string()).arg(&file);
        Self::started(command, port, Some(folder)).await
    }

    /// postfix's sink, which takes every mail and keeps none.
    pub async fn smtp_sink() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = pinned(LOAD_CORE, "smtp-sink");
        if is_root()? {
            // It refuses to be root.
            command.args(["-u", "nobody"]);
        }
        command.arg(format!("127.0.0.1:{port}")).arg("1000");
        Self::started(command, port, None).await
    }

    async fn started(mut command: Command, port: u16, folder: Option<TempDir>) -> anyhow::Result<Self> {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            if begun.elapsed() > Duration::from_secs(10) {
                bail!("nobody listens on {address}: {command:?}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Self {
            address,
            process,
            _folder: folder,
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        Ok(())
    }
}

fn pinned(core: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), program]);
    command
}

fn is_root() -> anyhow::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

fn open_to_all(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

// One process, so that ending it ends all of it.
fn nginx_conf(folder: &Path, port: u16, content_type: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/log error;\n\
         events {{ worker_connections 2048; }}\n\
         http {{\n\
           access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;\n\
           open_file_cache max=10 inactive=1h; default_type \"{content_type}\";\n\
           client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
           uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
           server {{ listen 127.0.0.1:{port}; location = / {{ root {folder}; try_files /answer =404;\n\
             add_header Content-Encoding br; add_header Cache-Control \"public, max-age=10\"; }} }}\n\
         }}\n"
    )
}
