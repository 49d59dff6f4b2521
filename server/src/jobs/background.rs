//! Where jobs run: on threads of their own, which the system lets wait while visitors are being answered.

use std::future::Future;
use std::thread::available_parallelism;

use anyhow::Context as _;
use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::{Builder, Runtime};

/// How far below the rest of the process: where both want all of a core, each of our threads gets a thirtieth of it (`sched(7)`:
/// each step of nice is a factor of 1.25).
const NICE: i32 = 15;
/// The lowest priority there is.
const LOWEST: i32 = 19;

/// A runtime that is shut down without waiting, which may be done anywhere.
struct Background(Option<Runtime>);

/// Runs `work`, and all that it spawns, in the background. Threads that it starts, such as those of SQLite connections opened
/// by it, are of the same low priority.
pub async fn run(work: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(available_parallelism().map_or(1, usize::from))
        .thread_name("jobs")
        .on_thread_start(step_back)
        .enable_all()
        .build()
        .context("no threads for jobs")?;
    let work = runtime.spawn(work);
    let _background = Background(Some(runtime));
    work.await.context("the jobs broke off")?
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of this thread, which on Linux each thread has for itself. Without it jobs work all the same.
fn step_back() {
    let lowered = getpriority_process(None)
        .map(|nice| (nice + NICE).min(LOWEST))
        .and_then(|nice| setpriority_process(None, nice));
    if let Err(error) = lowered {
        tracing::debug!(%error, "jobs run at the same priority as answers");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn jobs_stand_back_behind_answers_and_so_do_the_threads_they_start() {
        let here = getpriority_process(None).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        run(async move {
            let thread = std::thread::spawn(|| getpriority_process(None).unwrap());
            tell.send([getpriority_process(None).unwrap(), thread.join().unwrap()])?;
            Ok(())
        })
        .await
        .unwrap();
        let there = (here + NICE).min(LOWEST);
        assert_eq!(told.recv().unwrap(), [there, there]);
        assert_eq!(getpriority_process(None).unwrap(), here);
    }

    #[tokio::test]
    async fn a_failure_of_all_jobs_is_told() {
        let error = run(async { anyhow::bail!("no more") }).await.unwrap_err();
        assert!(format!("{error:#}").contains("no more"));
        assert!(run(async { panic!("poison") }).await.is_err());
    }
}
