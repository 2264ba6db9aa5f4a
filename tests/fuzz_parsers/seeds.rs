//! What the cases are made of.

pub(crate) const LISTS: &[&str] = &[
    "\u{4}\u{2}GET http://a/\nPOST http://b/\nX-A: 1\n@body\n\n# c\nPUT http://c/\n",
    "\0\u{7}http://a/\nPOST http://b/x?y=z\n# c\n\nftp://c/\n",
    "\0\0\u{feff}http://a/\r\nhttp://b/\rhttp://c/",
    "\0\u{1}GET http://a/\nX-A: 1\n@body\n\nPUT http://b/\n",
    "\u{1}\u{3}{\"url\":\"http://a/\",\"id\":1,\"meta\":{\"a\":[1]},\"headers\":{\"X\":\"1\"}}\n{\"url\":\"http://b/\",\"json\":{}}\n",
    "\u{6}\u{3}{\"link\":\"http://a/\"}\r{\"meta\":{\"link\":\"http://b/\"}}\n{\"url\":\"http://c/\"}",
    "\u{b}\u{5}{\"meta\":{\"id\":7,\"q\":\"a b\"}}\n",
    "\u{2}\u{2}url,id,method,x,,\nhttp://a/,1,PUT,\"a, \"\"b\"\"\",,\r\n\"http://b/\",,,\"two\r\nlines\",,\n",
    "\u{7}\u{2}link,team\rhttp://a/1,red\rhttp://a/2,blue\r",
    "\u{3}\u{9}url\tname\nhttp://a/\t\n\t\nhttp://b/\tx y\n",
    "\u{c}\u{9}id,q\n1,a b\n,\n..,x\n",
    "\u{4}\u{4}{\"method\":\"POST\",\"url\":\"http://a/\",\"header\":{\"X\":[\"1\"]},\"body\":\"aGk=\"}\n",
    "\0\u{1}[\"http://a/\",\n\"http://b/\"]\n",
    "\0\u{1}<!DOCTYPE html>\n<html>\n",
];

pub(crate) const LINKS: &[&str] = &[
    "</n>; rel=\"next\"",
    "</p>; rel=prev, </n>; rel=\"last next\"; title=\"a, \\\"b\\\"\"",
    ",, <>; rel=next,, </l>; rel=last; anchor=\"#x\"\n</m>; REL = next ;crossorigin",
    "<https://a/?x=1,2;3>; rel=next",
    "garbage, \"x\", /n?a=1,2; rel='next'\n</n> rel=next\n</n>; title=\"unclosed; rel='next last'",
];

pub(crate) const COOKIES: &[&str] = &[
    "a=1; Path=/; Domain=.example.co.uk; Secure; HttpOnly; SameSite=Lax",
    "b=\"x y\"; Max-Age=60; Expires=Wed, 21 Oct 2099 07:28:00 GMT\nb=; Max-Age=0",
    "__Host-c=1; Secure; Path=/\n__Secure-d=2; Secure",
    "e=5; expires=Sunday, 06-Nov-94 08:49:37 GMT; domain=co.uk",
    "# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tFALSE\t0\ta\t1\n#HttpOnly_a.b\tFALSE\t/\tTRUE\t99999999999\tn\t",
];

pub(crate) const ROBOTS: &[&str] = &[
    "User-agent: *\nDisallow: /private\nAllow: /private/x$\nCrawl-delay: 2\n/private/y",
    "user-agent: haul\nuser-agent: other\ndisallow: */x*.php$\n\nUser-Agent: *\nDisallow:\n/x/a.php",
    "\u{feff}User-agent: Foo/2.1\r\nDisallow: /%7Ea/%2f?b=c # why\r\nSitemap: http://a/s.xml\n/~a/%2F?b=c",
    "Disallow: /\nUser-agent: *\nDisallow: /\u{e4}\n/%C3%A4",
];

pub(crate) const RECORDS: &[&str] = &[
    "{\"seq\":0,\"method\":\"GET\",\"url\":\"http://a/\",\"ok\":true,\"status_code\":200,\"attempts\":1,\"elapsed_ms\":1.5,\"body_bytes\":3}\n",
    "{\"seq\":1,\"url\":\"http://b/\",\"ok\":false,\"status_code\":null,\"error\":{\"kind\":\"timeout\",\"message\":\"m\"},\"attempts\":3}\r\n",
    "{\"seq\":2,\"page\":1,\"item\":{\"a\":1}}\n\n{\"seq\":3,\"page\":2,\"url\":\"http://c/\",\"ok\":true,\"status_code\":204}",
    "{\"schema\":1,\"totals\":{\"records\":1,\"ok\":1,\"failed\":0}}",
];

/// What is worth having in between.
pub(crate) const TOKENS: &[&str] = &[
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\t",
    " ",
    ",",
    ";",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "=",
    ":",
    "#",
    "@",
    "*",
    "$",
    "%",
    "%2F",
    "/",
    "..",
    "\u{feff}",
    "\u{e9}",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "http://a/",
    "GET ",
    "url,",
    "\"url\":",
    "rel=next",
    "Max-Age=",
    "Domain=",
    "Disallow: ",
    "User-agent: *\n",
    "\"ok\":true",
    "\"seq\":",
];
