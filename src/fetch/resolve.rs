//! Names to addresses, by the system's resolver, remembered and shared by all fetchers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::connect::Opening;

/// How long addresses are believed. The system's resolver does not say how long they hold.
const FRESH: Duration = Duration::from_secs(60);

/// How long a failure is believed.
const FAILED: Duration = Duration::from_secs(5);

/// Names remembered at most; past it, all are forgotten.
const MAX_NAMES: usize = 50_000;

/// A caching resolver. Of many that ask for one name at once, one asks the system.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    names: Mutex<HashMap<String, Arc<Entry>, foldhash::fast::RandomState>>,
}

type Answer = Result<Arc<[SocketAddr]>, String>;

#[derive(Debug, Default)]
struct Entry(OnceCell<(Instant, Answer)>);

impl Entry {
    fn is_stale(&self) -> bool {
        self.0.get().is_some_and(|(at, answer)| at.elapsed() > if answer.is_ok() { FRESH } else { FAILED })
    }
}

impl Resolver {
    fn entry(&self, name: &str) -> Arc<Entry> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = names.get(name)
            && !entry.is_stale()
        {
            return Arc::clone(entry);
        }
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        let entry = Arc::<Entry>::default();
        names.insert(name.to_owned(), Arc::clone(&entry));
        entry
    }
}

async fn ask_system(name: &str) -> (Instant, Answer) {
    let answer = match tokio::net::lookup_host((name, 0)).await {
        Ok(addresses) => match addresses.collect::<Vec<_>>() {
            none if none.is_empty() => Err(format!("{name} has no address")),
            some => Ok(some.into()),
        },
        Err(why) => Err(format!("cannot look up {name}: {why}")),
    };
    (Instant::now(), answer)
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let entry = self.entry(name.as_str());
        let opening = Opening::current();
        Box::pin(async move {
            let begun = Instant::now();
            if let Some(opening) = &opening {
                opening.state().resolving = true;
            }
            let (_, answer) = entry.0.get_or_init(|| ask_system(name.as_str())).await;
            if let Some(opening) = &opening {
                let mut opened = opening.state();
                opened.resolving = answer.is_err(); // a failed look-up is where the attempt ended
                opened.dns = Some(begun.elapsed());
            }
            match answer {
                Ok(addresses) => Ok(Box::new(Vec::from(&addresses[..]).into_iter()) as Addrs),
                Err(why) => Err(why.clone().into()),
            }
        })
    }
}
