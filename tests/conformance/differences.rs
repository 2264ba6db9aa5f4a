//! The rows that a client gets wrong because what it is made of does, each with what it gives instead. Whatever else
//! differs is a bug here.

use crate::Client;

/// Rows that go wrong for one reason.
struct Cause {
    /// What is wrong upstream.
    why: &'static str,
    clients: &'static [Client],
    /// Rows, and their outcomes.
    rows: &'static [(&'static str, &'static [&'static str])],
}

const ALL: &[Client] = &[Client::Wire, Client::Relay];
const RELAY: &[Client] = &[Client::Relay];
const WIRE: &[Client] = &[Client::Wire];

/// It depends on what comes first, and may be right.
pub(crate) const BY_CHANCE: &[&str] = &[];

const CAUSES: &[Cause] = &[
    Cause {
        why: "hyper refuses a head with a fold",
        clients: RELAY,
        rows: &[
            ("a fold after the value", &["none protocol in wait; closed"]),
            ("a fold before the value", &["none protocol in wait; closed"]),
            ("a fold of a bare line feed", &["none protocol in wait; closed"]),
            ("a fold that looks like a field", &["none protocol in wait; closed"]),
            ("a fold with a control character", &["none protocol in wait; closed"]),
            ("a fold with a tab", &["none protocol in wait; closed"]),
            ("a fold with many blanks", &["none protocol in wait; closed"]),
            ("a fold", &["none protocol in wait; closed"]),
            ("a fold, and a field after it", &["none protocol in wait; closed"]),
            ("two folds", &["none protocol in wait; closed"]),
        ],
    },
    Cause {
        why: "hyper refuses a head of which one line is malformed",
        clients: RELAY,
        rows: &[
            ("a DEL in a value", &["none protocol in wait; closed"]),
            ("a NUL in a value", &["none protocol in wait; closed"]),
            ("a bare carriage return and what looks like a field", &["none protocol in wait; closed"]),
            ("a bare carriage return at the end of a value", &["none protocol in wait; closed"]),
            ("a form feed at the end of a value", &["none protocol in wait; closed"]),
            ("a bare carriage return in a value", &["none protocol in wait; closed"]),
            ("a blank before a colon", &["none protocol in wait; closed"]),
            ("a blank before the first name", &["none protocol in wait; closed"]),
            ("a control character in a value", &["none protocol in wait; closed"]),
            ("a line that is lost, and its twin", &["none protocol in wait; closed"]),
            ("a name in Latin-1", &["none protocol in wait; closed"]),
            ("a name in UTF-8", &["none protocol in wait; closed"]),
            ("a name in quotes", &["none protocol in wait; closed"]),
            ("a name with a NUL", &["none protocol in wait; closed"]),
            ("a name with a blank", &["none protocol in wait; closed"]),
            ("a name with a bracket", &["none protocol in wait; closed"]),
            ("a name with a control character", &["none protocol in wait; closed"]),
            ("a name with an at sign", &["none protocol in wait; closed"]),
            ("a slash for a colon", &["none protocol in wait; closed"]),
            ("a tab before a colon", &["none protocol in wait; closed"]),
            ("an escape in a value", &["none protocol in wait; closed"]),
            ("no colon", &["none protocol in wait; closed"]),
            ("no colon, but words", &["none protocol in wait; closed"]),
            ("no name", &["none protocol in wait; closed"]),
            ("two lines that are lost", &["none protocol in wait; closed"]),
            ("a name beyond all limits", &["none protocol in wait; closed"]),
        ],
    },
    Cause {
        why: "httparse knows HTTP/1.0 and HTTP/1.1, and no later 1.x",
        clients: RELAY,
        rows: &[("HTTP/1.2", &["none protocol in wait; closed"]), ("HTTP/1.9", &["none protocol in wait; closed"])],
    },
    Cause {
        why: "hyper does not say how large is too large",
        clients: RELAY,
        rows: &[
            ("a field of 1 MiB", &["none protocol in wait \"message head is too large\"; closed"]),
            ("a head without an end", &["none protocol in wait \"message head is too large\"; closed"]),
            ("a reason of 1 MiB", &["none protocol in wait \"message head is too large\"; closed"]),
            ("a thousand and one fields", &["none protocol in wait \"message head is too large\"; closed"]),
            ("103 with a head that is too large", &["none protocol in wait \"message head is too large\"; closed"]),
        ],
    },
    Cause {
        why: "hyper counts its buffer instead of the head, and allows 400 KiB",
        clients: RELAY,
        rows: &[("a head that is just too large", &["200 \"hi\"; closed"])],
    },
    Cause {
        why: "hyper goes on with a connection where it was lenient",
        clients: RELAY,
        rows: &[
            ("a bare line feed after a field", &["200 \"hi\"; kept"]),
            ("a bare line feed after the first line", &["200 \"hi\"; kept"]),
            ("a bare line feed at the end", &["200 \"hi\"; kept"]),
            ("a bare line feed before the first line", &["200 \"hi\"; kept"]),
            ("a line end before the first line", &["200 \"hi\"; kept"]),
            ("bare line feeds", &["200 \"hi\"; kept"]),
            ("two line ends before the first line", &["200 \"hi\"; kept"]),
        ],
    },
    Cause {
        why: "hyper prefers chunks to a length, and goes on with the connection",
        clients: RELAY,
        rows: &[
            ("a length and chunks", &["200 \"hi\"; kept"]),
            ("a length that fits chunks", &["200 \"hi\"; kept"]),
            ("chunks and a length", &["200 \"hi\"; kept"]),
            ("chunks and a bad length", BY_CHANCE),
            ("chunks and two lengths", BY_CHANCE),
        ],
    },
    Cause {
        why: "hyper looks only at the last word of the last line of codings: what it would misread is refused",
        clients: RELAY,
        rows: &[
            ("an empty coding and a length", &["none protocol in wait; closed"]),
            ("chunked among commas", &["none protocol in wait"]),
            ("chunked and a comma", &["none protocol in wait"]),
            ("chunked and identity", &["none protocol in wait"]),
            ("chunked before an empty line", &["none protocol in wait"]),
            ("identity and a length", &["none protocol in wait; closed"]),
        ],
    },
    Cause {
        why: "hyper refuses HTTP/1.0 with Transfer-Encoding",
        clients: RELAY,
        rows: &[
            ("a length and chunks in HTTP/1.0", &["none protocol in wait; closed"]),
            ("chunks in HTTP/1.0 that goes on", &["none protocol in wait; closed"]),
            ("chunks in HTTP/1.0", &["none protocol in wait; closed"]),
            ("identity and a length in HTTP/1.0", &["none protocol in wait; closed"]),
        ],
    },
    Cause {
        why: "hyper counts the value of a size, and not its digits",
        clients: RELAY,
        rows: &[("a size of many digits", &["200 \"hino\"; closed"])],
    },
    Cause {
        why: "hyper refuses malformed trailers, which nobody reads",
        clients: RELAY,
        rows: &[
            ("a trailer with a blank before its colon", &["200 \"hi\" truncated protocol in receive"]),
            ("a trailer without a colon", &["200 \"hi\" truncated protocol in receive"]),
        ],
    },
    Cause {
        why: "hyper does not tell whether it has sent the whole request",
        clients: RELAY,
        rows: &[
            ("413 to the end of the connection", &["413 \"big\"; closed"]),
            ("413, and the server resets", &["413 \"big\"; closed"]),
            ("413, and the server says no more", &["413 \"big\"; closed"]),
            ("over TLS: 413, and the server says no more", &["413 \"big\"; closed"]),
            ("200, and the server stays", &["200 \"hi\"; closed"]),
            ("413, and the server stays", &["413 \"big\"; closed"]),
            ("h2: 413 over TLS, and a reset", &["413 \"big\"; kept"]),
            ("h2: 413 without a body, and a reset", &["413 \"\"; kept"]),
            ("h2: 413, and a reset with CANCEL", &["413 \"big\"; kept"]),
            ("h2: 413, and a reset with NO_ERROR", &["413 \"big\"; kept"]),
            ("h2: 413, and no reset", &["413 \"big\""]),
            ("h2: 413, goodbye and the end", &["413 \"big\"; closed"]),
        ],
    },
    Cause {
        why: "hyper lets go of an answer when writing fails",
        clients: RELAY,
        rows: &[
            ("200, and the server goes", BY_CHANCE),
            ("403, and the server goes", BY_CHANCE),
            ("413 after a megabyte, and the server goes", BY_CHANCE),
            ("413 after a part, and the server goes", BY_CHANCE),
            ("413, and the server goes a little later", BY_CHANCE),
            ("413, and the server goes", BY_CHANCE),
            ("over TLS: 200, and the server goes", BY_CHANCE),
            ("over TLS: 403, and the server goes", BY_CHANCE),
            ("over TLS: 413 after a part, and the server goes", BY_CHANCE),
            ("over TLS: 413, and the server goes", BY_CHANCE),
            ("200 to many, and the server goes", BY_CHANCE),
            ("413 to many, and the server goes", BY_CHANCE),
            ("over TLS: 413 to many, and the server goes", BY_CHANCE),
        ],
    },
    Cause {
        why: "hyper does not tell whether anything of an answer has come",
        clients: RELAY,
        rows: &[
            (
                "GET: the end after a byte of a second answer",
                &["200, 200 after 1 reconnect; 3 requests on 2 connections"],
            ),
            (
                "GET: the end after an informational answer",
                &["200, 200 after 1 reconnect; 3 requests on 2 connections"],
            ),
        ],
    },
    Cause {
        why: "hyper takes a reset with NO_ERROR, and goodbye to nobody, for the end of a body",
        clients: RELAY,
        rows: &[
            ("h2: a reset with NO_ERROR after a head", &["200 \"\"; kept"]),
            ("h2: a reset with NO_ERROR after a whole length", &["200 \"part\"; kept"]),
            ("h2: a reset with NO_ERROR amid a body", &["200 \"part\"; kept"]),
            ("h2: a reset with NO_ERROR amid a length", &["200 \"part\" truncated closed in receive; kept"]),
            ("h2: goodbye to nobody amid a body", &["200 \"part\"; closed"]),
            ("h2: 413 that a reset cuts", &["413 \"bi\"; kept"]),
        ],
    },
    Cause {
        why: "h2 takes what is malformed in a field for an error of the connection",
        clients: ALL,
        rows: &[
            ("h2: a NUL in one of three", &["3 times none protocol in wait; closed"]),
            ("h2: a control character in one of three", &["3 times none protocol in wait; closed"]),
            ("h2: a name in upper case in one of three", &["3 times none protocol in wait; closed"]),
            ("h2: a name in upper case", &["none protocol in wait; closed"]),
            ("h2: a name that is not ASCII", &["none protocol in wait; closed"]),
            ("h2: a name with a blank", &["none protocol in wait; closed"]),
            ("h2: a name with a colon", &["none protocol in wait; closed"]),
            ("h2: a name with a control character", &["none protocol in wait; closed"]),
            ("h2: a status with a blank", &["none protocol in wait; closed"]),
            ("h2: a status with a reason", &["none protocol in wait; closed"]),
            ("h2: a value with a DEL", &["none protocol in wait; closed"]),
            ("h2: a value with a NUL", &["none protocol in wait; closed"]),
            ("h2: a value with a carriage return", &["none protocol in wait; closed"]),
            ("h2: a value with a control character", &["none protocol in wait; closed"]),
            ("h2: a value with a line end and a field", &["none protocol in wait; closed"]),
            ("h2: a value with a line feed", &["none protocol in wait; closed"]),
            ("h2: an empty name", &["none protocol in wait; closed"]),
            ("h2: an empty status", &["none protocol in wait; closed"]),
            ("h2: an unknown pseudo-field", &["none protocol in wait; closed"]),
            ("h2: status 099", &["none protocol in wait; closed"]),
            ("h2: status 101", &["none protocol in wait; closed"]),
            ("h2: status 20", &["none protocol in wait; closed"]),
            ("h2: status 2000", &["none protocol in wait; closed"]),
            ("h2: status 20x", &["none protocol in wait; closed"]),
            ("h2: trailers with a name in upper case", &["200 \"hi\" truncated protocol in receive; closed"]),
        ],
    },
    Cause {
        why: "h2 does not pass on what comes in the frame that is wrong",
        clients: ALL,
        rows: &[
            ("h2: a length that is too large", &["200 \"\" truncated protocol in receive; kept"]),
            (
                "h2: too large a length in one of three",
                &["200 \"\" truncated protocol in receive; 200 \"a\"; 200 \"c\"; kept"],
            ),
        ],
    },
    Cause {
        why: "h2 reads pseudo-fields over that an answer cannot have",
        clients: ALL,
        rows: &[
            ("h2: a pseudo-field of requests", &["200 \"hi\"; kept"]),
            ("h2: trailers with a status", &["200 \"hi\"; kept"]),
        ],
    },
    Cause {
        why: "h2 accepts settings that only a client may send",
        clients: ALL,
        rows: &[("h2: a push that a server allows", &["200 \"hi\"; kept"])],
    },
    Cause {
        why: "h2 takes the end within a frame for an error",
        clients: RELAY,
        rows: &[
            ("h2: the end within a frame", &["200 \"part\" truncated protocol in receive; closed"]),
            ("h2: the end within a head", &["none protocol in wait; closed"]),
        ],
    },
    Cause {
        why: "h2 reads a length only with the body",
        clients: ALL,
        rows: &[("h2: an empty length", &["200 \"\" truncated protocol in receive; kept"])],
    },
    Cause {
        why: "hyper does not say which streams goodbye with an error excludes",
        clients: RELAY,
        rows: &[
            ("h2: goodbye with an error before the request", &["none reset in wait; closed"]),
            ("h2, POST: goodbye with an error before the second request", &["200, reset; 2 requests on 1 connection"]),
        ],
    },
    Cause {
        why: "hyper gives up a request that it has not yet sent, whatever the connection died of",
        clients: RELAY,
        rows: &[("h2: HTTP/1.1 instead of settings", BY_CHANCE), ("h2: nonsense instead of settings", BY_CHANCE)],
    },
    Cause {
        why: "rustls's stream drops what it has decrypted when the next record is none",
        clients: RELAY,
        rows: &[
            ("TLS: nonsense within a body", BY_CHANCE),
            ("TLS: nonsense within a body to the end", BY_CHANCE),
            ("TLS: nonsense after a body", BY_CHANCE),
            ("TLS: HTTP without TLS after a body", BY_CHANCE),
        ],
    },
    Cause {
        why: "hyper cannot be told to use a fresh connection",
        clients: RELAY,
        rows: &[
            (
                "POST: after one that was lost, each on a connection of its own",
                &["200, closed, 200, 200; 4 requests on 2 connections"],
            ),
            ("h2, POST: a refused stream", &["200, 200 after 1 reconnect; 3 requests on 1 connection"]),
        ],
    },
    Cause {
        why: "who writes to a connection that was reset learns of a broken pipe",
        clients: ALL,
        rows: &[("h2: a reset of the connection amid a body", BY_CHANCE), ("h2: a reset of the connection", BY_CHANCE)],
    },
    Cause {
        why: "hyper limits the extensions of all chunks together",
        clients: RELAY,
        rows: &[(
            "many chunks with long extensions",
            &["200 \"xxxxxxxxxxxxxxxx\" truncated protocol in receive; closed"],
        )],
    },
    Cause {
        why: "h2 forgets that a stream has ended if the connection ends before that was looked at",
        clients: WIRE,
        rows: &[("h2: 413, goodbye and the end", BY_CHANCE)],
    },
];

/// What comes of a row with this client instead of what is right, and why.
pub(crate) fn instead(client: Client, name: &str) -> Option<(&'static [&'static str], &'static str)> {
    let all = CAUSES.iter().filter(|cause| cause.clients.contains(&client));
    let find = |cause: &'static Cause| {
        cause.rows.iter().find(|(row, _)| *row == name).map(|(_, outcomes)| (*outcomes, cause.why))
    };
    all.filter_map(find).next()
}

/// All rows of the list, with their clients.
pub(crate) fn names() -> impl Iterator<Item = (Client, &'static str)> {
    let of = |cause: &'static Cause| {
        cause.rows.iter().flat_map(|(row, _)| cause.clients.iter().map(|client| (*client, *row)))
    };
    CAUSES.iter().flat_map(of)
}
