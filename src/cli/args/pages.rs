//! Options for listings in pages.

use std::num::NonZeroUsize;

use clap::Args;
use haul::jq::Filter;
use haul::model::host_glob::HostGlob;
use haul::plan::NextPage;

use crate::cli::units;

/// How listings are followed and split.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pagination")]
pub(crate) struct Pages {
    /// Follow pages: link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER, next=FILTER
    ///
    /// link: follow the Link header with rel="next". page, offset: count pages from START (default 1), or items from 0,
    /// in a query parameter, which is added if the URL lacks it. cursor, next: take the parameter's next value, or the
    /// next URL, from the JSON body with a jq filter. page and offset stop at an empty page, the others if no next page is
    /// named. Each page is a request of its own. A next page on another origin needs --allow-page-host or --allow-host.
    #[arg(long, value_name = "MODE", value_parser = units::paginate)]
    pub(crate) paginate: Option<NextPage>,

    /// Maximum pages per input
    #[arg(long, value_name = "N", default_value = "1000", value_parser = units::count, requires = "paginate")]
    pub(crate) max_pages: NonZeroUsize,

    /// Follow pages to these hosts too, written as for --allow-host; repeatable
    ///
    /// By default, the next page must be on the origin (scheme, name and port) of the page that names it, or of the input.
    /// Elsewhere it is requested as after a redirect: without the credentials and most headers of the input.
    #[arg(long, value_name = "GLOB", requires = "paginate", hide_short_help = true)]
    pub(crate) allow_page_host: Vec<HostGlob>,

    /// Print each output of this jq filter instead of successful records
    ///
    /// The filter runs on each JSON body. An output becomes a line {"seq":0,"page":1,"item":...}, or with --raw only
    /// the item. A failed request, or a body that the filter fails on, still gets a record.
    #[arg(long, value_name = "FILTER", value_parser = units::filter, group = "picks")]
    pub(crate) items: Option<Filter>,
}
