//! The settings that messages refer to, and how a program calls them.

use std::fmt;

/// A setting of the plan that decided how an attempt ended.
///
/// Messages do not name settings, since each program has its own way to set them: it gives [`SettingNames`] to the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Redirects from https to http may be followed.
    AllowDowngrade,
    /// The hosts that may be asked.
    AllowHosts,
    /// The column that has the times of requests.
    AtColumn,
    /// What relative references are resolved against.
    BaseUrl,
    /// Hosts and addresses that are refused.
    DenyHosts,
    /// Addresses that are not public are refused.
    DenyPrivate,
    /// What an answer must be like.
    Expect,
    /// What a body must match.
    ExpectBody,
    /// What a filter must find in a body.
    ExpectJq,
    /// Only IPv4 is used.
    Ipv4,
    /// Only IPv6 is used.
    Ipv6,
    /// The hosts that may get load.
    LoadHosts,
    /// The largest decoded body.
    MaxBody,
    /// The memory for bodies.
    MaxMemory,
    /// The most pages of one input.
    MaxPages,
    /// The most redirects of one input.
    MaxRedirects,
    /// The longest pause that a server may ask for.
    MaxWait,
    /// Hosts that a next page may be on.
    PageHosts,
    /// The longest silence of a server.
    ReadTimeout,
    /// The time in which an input may be retried.
    RetryMaxTime,
    /// Requests may be repeated even where that is not safe.
    RetryUnsafe,
    /// The time for one attempt.
    Timeout,
    /// The column that has the URLs.
    UrlColumn,
    /// The template that makes URLs out of columns.
    UrlTemplate,
}

/// How a program calls settings in messages. By default it does not name them.
#[derive(Clone, Copy)]
pub struct SettingNames(fn(Setting) -> Option<&'static str>);

impl SettingNames {
    /// Names settings by a function.
    pub const fn new(name: fn(Setting) -> Option<&'static str>) -> Self {
        SettingNames(name)
    }

    /// `message` with the name of `setting` behind it, if it has one.
    pub fn append(self, message: &mut String, setting: Setting) {
        if let Some(name) = (self.0)(setting) {
            message.extend([" (", name, ")"]);
        }
    }
}

impl Default for SettingNames {
    fn default() -> Self {
        SettingNames(|_| None)
    }
}

impl fmt::Debug for SettingNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettingNames(..)")
    }
}
