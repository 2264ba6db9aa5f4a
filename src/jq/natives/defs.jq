# What jq has and jaq's standard library lacks, or does differently.

def toarray: if isarray then . else [.] end;
def toboolean:
  if isboolean then . elif . == "true" then true elif . == "false" then false
  else error("\(tojson) cannot be parsed as a boolean") end;
def trimstr($s): ltrimstr($s) | rtrimstr($s);
def ascii: [.] | implode;
def have_literal_numbers: true;
def have_decnum: false;
def @json: tojson;

def debug: .;
def debug(messages): (messages | empty), .;
def stderr: .;
def halt_error($exit_code): halt($exit_code);
def halt_error: halt_error(5);

def leaf_paths: paths(scalars);
def del(f): delpaths([path(f)]);
def pick(f): . as $whole | reduce path(f) as $path (null; setpath($path; $whole | getpath($path)));
def gamma: lgamma;
def nth($n; f): if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; f)) end;
def in(xs): . as $key | xs | has($key);
def inside(xs): . as $part | xs | contains($part);
def transpose: [range([.[] | length] | max // 0) as $i | [.[][$i]]];

def IN(xs): any(xs == .; .);
def IN(xs; ys): any(xs == ys; .);
def INDEX(xs; f): reduce xs as $x ({}; .[$x | f | tostring] = $x);
def INDEX(f): INDEX(.[]; f);
def JOIN($index; xs; f): xs | [., $index[f]];
def JOIN($index; f): [JOIN($index; .[]; f)];
def JOIN($index; xs; f; g): JOIN($index; xs; f) | g;

def input: error("No more inputs");
def inputs: empty;
def input_filename: null;
def input_line_number: 0;

def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def todate: todateiso8601;
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(unit; $n): . + $n;
def datesub(unit; $n): . - $n;

def tostream:
  def events($path):
    if (isarray or isobject) and length > 0
    then (to_entries[] | .key as $key | .value | events($path + [$key])), [$path + [to_entries[-1].key]]
    else [$path, .] end;
  events([]);
def fromstream(events):
  foreach events as $event (null;
    (if .whole then null else . end)
    | if $event | length == 2
      then .value = (.value | setpath($event[0]; $event[1])) | .whole = ($event[0] | length == 0)
      else .whole = ($event[0] | length == 1) end;
    if .whole then .value else empty end);
def truncate_stream(events): . as $depth | null | events | select(.[0] | length > $depth) | .[0] |= .[$depth:];
def truncate_stream($depth; events): $depth | truncate_stream(events);
