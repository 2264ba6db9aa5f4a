//! How messages call the settings of a run: by the options that set them.

use haul::model::{Setting, SettingNames};

/// The names that the plan gives to messages.
pub(crate) const NAMES: SettingNames = SettingNames::new(|setting| Some(option(setting)));

/// The option that sets `setting`.
pub(crate) fn option(setting: Setting) -> &'static str {
    match setting {
        Setting::AllowDowngrade => "--allow-downgrade",
        Setting::AllowHosts => "--allow-host",
        Setting::AtColumn => "--at-column",
        Setting::BaseUrl => "--base-url",
        Setting::DenyHosts => "--deny-host",
        Setting::DenyPrivate => "--deny-private",
        Setting::Expect => "--expect",
        Setting::ExpectBody => "--expect-body",
        Setting::ExpectJq => "--expect-jq",
        Setting::Ipv4 => "--ipv4",
        Setting::Ipv6 => "--ipv6",
        Setting::LoadHosts => "--yes-load",
        Setting::MaxBody => "--max-filesize",
        Setting::MaxMemory => "--max-memory",
        Setting::MaxPages => "--max-pages",
        Setting::MaxRedirects => "--max-redirs",
        Setting::MaxWait => "--max-wait",
        Setting::PageHosts => "--allow-page-host",
        Setting::ReadTimeout => "--read-timeout",
        Setting::RetryMaxTime => "--retry-max-time",
        Setting::RetryUnsafe => "--retry-unsafe",
        Setting::Timeout => "--timeout",
        Setting::UrlColumn => "--url-column",
        Setting::UrlTemplate => "--url",
    }
}
