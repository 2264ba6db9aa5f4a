//! Settings that make no sense together.

#[cfg(feature = "jq")]
use crate::jq::CompileError;
use crate::model::condition::ConditionError;
use crate::plan::{ConnectionOptions, LimitBy, Plan};

/// Why a run cannot be built: a setting makes no sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting is zero.
    #[error("{setting} must not be zero")]
    Zero {
        /// The setting.
        setting: &'static str,
    },
    /// A setting is larger than another one allows.
    #[error("{setting} is too large for {limit}")]
    TooLarge {
        /// The setting.
        setting: &'static str,
        /// The other one.
        limit: &'static str,
    },
    /// A setting cannot be combined with another one.
    #[error("{setting} cannot be combined with {other}")]
    Conflict {
        /// The setting.
        setting: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// A setting needs a feature that haul was built without.
    #[error("{setting} needs haul to be built with the feature {feature}")]
    Feature {
        /// The setting.
        setting: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// The base URL is not a URL.
    #[error("base_url is not a URL")]
    BaseUrl(#[source] url::ParseError),
    /// The text is not a condition.
    #[error("expect is not a condition")]
    Condition(#[source] ConditionError),
    /// The jq filter does not compile.
    #[cfg(feature = "jq")]
    #[error("jq is not a filter")]
    Jq(#[source] CompileError),
}

impl BuildError {
    /// The setting, by the name of its method or its field in [`Plan`].
    pub fn setting(&self) -> &'static str {
        match self {
            BuildError::Zero { setting }
            | BuildError::TooLarge { setting, .. }
            | BuildError::Feature { setting, .. }
            | BuildError::Conflict { setting, .. } => setting,
            BuildError::BaseUrl(_) => "base_url",
            BuildError::Condition(_) => "expect",
            #[cfg(feature = "jq")]
            BuildError::Jq(_) => "jq",
        }
    }
}

/// What types cannot rule out.
pub(super) fn check(plan: &Plan) -> Result<(), BuildError> {
    let (fetch, limits, retry) = (&plan.fetch, &plan.limits, &plan.retry);
    let times = [("timeout", fetch.timeout), ("connect_timeout", fetch.connect_timeout)];
    if let Some((setting, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
        return Err(BuildError::Zero { setting });
    }
    if plan.robots.is_some() && cfg!(not(feature = "robots")) {
        return Err(BuildError::Feature { setting: "robots", feature: "robots" });
    }
    if plan.bodies_exceed_memory() {
        return Err(BuildError::TooLarge { setting: "max_filesize", limit: "max_memory" });
    }
    check_connections(&fetch.transport)?;
    if retry.base > retry.cap {
        return Err(BuildError::TooLarge { setting: "retry.base", limit: "retry.cap" });
    }
    if limits.limit_by == LimitBy::Domain && !limits.host_rules.iter().all(|rule| rule.hosts.covers_domains()) {
        return Err(BuildError::Conflict { setting: "host_rules", other: "limit_by" }); // it would match nothing
    }
    Ok(())
}

fn check_connections(options: &ConnectionOptions) -> Result<(), BuildError> {
    if options.tls_min.zip(options.tls_max).is_some_and(|(min, max)| min > max) {
        return Err(BuildError::TooLarge { setting: "tls_min", limit: "tls_max" });
    }
    if !options.connect_to.is_empty() && options.connects_indirectly() {
        return Err(BuildError::Conflict { setting: "connect_to", other: "proxies and unix_socket" });
    }
    Ok(())
}
