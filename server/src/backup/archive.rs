//! The file of a backup: lines of JSON, compressed with gzip, sealed under a passphrase as an age file.
//!
//! A header, then for each table a line with its columns and a line for each row, and at the end how many there were. It knows
//! no database. `age --decrypt FILE | gunzip` shows it where there is no Signet; <https://age-encryption.org/v1> is the format.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::iter;
use std::path::Path;

use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use anyhow::{Context as _, anyhow, bail};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use tempfile::NamedTempFile;

use super::rows::{Row, Sink, Tallies, Tally};
use super::schema::Table;
use crate::config::Secret;

/// Raised when an older Signet could misread the file.
const FORMAT: u64 = 1;
/// 2^17 rounds of scrypt with 128 MiB of memory, as OWASP's cheat sheet on storing passwords advises: half a second.
const WORK: u8 = 17;
/// A file that asks for more, up to 2^20, is opened too; beyond it would only be somebody's way to use up the machine.
const WORK_MAX: u8 = 20;

/// What stands before the rows.
#[derive(Clone, Serialize, Deserialize)]
pub struct Header {
    /// The version of Signet that wrote it.
    pub version: String,
    /// What the schema had been through.
    pub migrations: Vec<String>,
    pub taken_at: Timestamp,
    /// The key of the installation, in hexadecimal digits.
    pub app_key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Format(u64),
    Header(Header),
    Table { name: String, columns: Vec<String> },
    Row(Row),
    End(Tallies),
}

/// Writes a backup beside its place and puts it there when it is complete; only its owner may read it.
pub struct Writer {
    out: GzEncoder<StreamWriter<NamedTempFile>>,
}

impl Writer {
    /// Begins a file that has no name yet. A path where there is something already is an error.
    pub fn create(path: &Path, passphrase: &Secret, header: Header) -> anyhow::Result<Self> {
        refuse_existing(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .with_context(|| format!("cannot write beside {}", path.display()))?;
        let mut recipient = scrypt::Recipient::new(secret(passphrase));
        recipient.set_work_factor(WORK);
        let sealed = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))?.wrap_output(file)?;
        let mut writer = Self {
            out: GzEncoder::new(sealed, Compression::default()),
        };
        writer.write(&Line::Format(FORMAT))?;
        writer.write(&Line::Header(header))?;
        Ok(writer)
    }

    /// Closes the file with the counts and gives it its name.
    pub fn finish(mut self, tallies: &Tallies, path: &Path) -> anyhow::Result<()> {
        self.write(&Line::End(tallies.clone()))?;
        let file = self.out.finish().and_then(StreamWriter::finish).context(UNWRITABLE)?;
        file.as_file().sync_all().context(UNWRITABLE)?;
        refuse_existing(path)?;
        file.persist_noclobber(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    fn write(&mut self, line: &Line) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, line).context(UNWRITABLE)?;
        self.out.write_all(b"\n").context(UNWRITABLE)
    }
}

impl Sink for Writer {
    async fn table(&mut self, table: &Table) -> anyhow::Result<()> {
        self.write(&Line::Table {
            name: table.name.clone(),
            columns: table.names(),
        })
    }

    async fn row(&mut self, row: Row) -> anyhow::Result<()> {
        self.write(&Line::Row(row))
    }
}

const UNWRITABLE: &str = "the backup cannot be written";
const DAMAGED: &str = "the file is damaged or cut short: take another copy of it, or an older backup";

/// A backup never takes the place of another one.
fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{}: found a file, expected a new name", path.display());
    }
    Ok(())
}

/// Reads a backup from its header to its end.
pub struct Reader {
    pub header: Header,
    lines: Lines<BufReader<MultiGzDecoder<StreamReader<BufReader<File>>>>>,
}

impl Reader {
    /// Opens the file and reads its header. A wrong passphrase, another kind of file and a newer format are told apart.
    pub fn open(path: &Path, passphrase: &Secret) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut identity = scrypt::Identity::new(secret(passphrase));
        identity.set_max_work_factor(WORK_MAX);
        let sealed = Decryptor::new_buffered(BufReader::new(file))
            .and_then(|sealed| sealed.decrypt(iter::once(&identity as &dyn age::Identity)))
            .map_err(|error| explain(error, path))?;
        let mut lines = BufReader::new(MultiGzDecoder::new(sealed)).lines();
        match next(&mut lines)? {
            Line::Format(FORMAT) => {}
            Line::Format(other) => bail!(
                "found a backup of format {other}, expected {FORMAT}: restore it with the version of Signet that wrote it"
            ),
            _ => bail!(DAMAGED),
        }
        match next(&mut lines)? {
            Line::Header(header) => Ok(Self { header, lines }),
            _ => bail!(DAMAGED),
        }
    }

    /// Hands every row to a sink. An error unless all of `tables` came, as they were counted when the backup was taken.
    pub async fn pour(mut self, tables: &[Table], sink: &mut impl Sink) -> anyhow::Result<Tallies> {
        let mut tallies = Tallies::new();
        let mut current: Option<&Table> = None;
        loop {
            match next(&mut self.lines)? {
                Line::Table { name, columns } => {
                    let table = tables
                        .iter()
                        .find(|table| table.name == name && table.names() == columns);
                    let table =
                        table.with_context(|| format!("found a table {name} of another shape than its schema's"))?;
                    tallies.insert(name, Tally::default());
                    sink.table(table).await?;
                    current = Some(table);
                }
                Line::Row(row) => {
                    let table = current
                        .filter(|table| table.columns.len() == row.len())
                        .context(DAMAGED)?;
                    tallies.entry(table.name.clone()).or_default().add(&row)?;
                    sink.row(row).await?;
                }
                Line::End(counted) => {
                    let is_whole = counted == tallies && tallies.len() == tables.len();
                    // Reading on to the very end makes the seal confirm that nothing was cut off.
                    return match self.lines.next() {
                        None if is_whole => Ok(tallies),
                        _ => Err(anyhow!(DAMAGED)),
                    };
                }
                Line::Format(_) | Line::Header(_) => bail!(DAMAGED),
            }
        }
    }
}

/// The next line; a backup ends with its own, so there always is one.
fn next(lines: &mut Lines<impl BufRead>) -> anyhow::Result<Line> {
    let line = lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    serde_json::from_str(&line.context(DAMAGED)?).context(DAMAGED)
}

fn explain(error: DecryptError, path: &Path) -> anyhow::Error {
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            anyhow!(
                "{}: the passphrase is not the one this backup was sealed with",
                path.display()
            )
        }
        DecryptError::InvalidHeader | DecryptError::NoMatchingKeys | DecryptError::UnknownFormat => {
            anyhow!(
                "{}: found another kind of file, expected one that signet backup wrote",
                path.display()
            )
        }
        error => anyhow!(error).context(DAMAGED),
    }
}

fn secret(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.reveal().to_owned())
}
