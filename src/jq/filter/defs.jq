# What jq has and jaq's standard library lacks.

def toarray: if isarray then . else [.] end;
def trimstr($s): ltrimstr($s) | rtrimstr($s);
def ascii: [.] | implode;
def leaf_paths: paths(scalars);

def IN(xs): any(xs == .; .);
def IN(xs; ys): any(xs == ys; .);
def INDEX(xs; f): reduce xs as $x ({}; .[$x | f | tostring] = $x);
def INDEX(f): INDEX(.[]; f);

def _cells(string; what): map(
  if isstring then string
  elif . == null then ""
  elif isarray or isobject then error("\(tojson) cannot be \(what)-formatted, only an array of scalars can be")
  else tostring end);
def @csv: _cells("\"" + (split("\"") | join("\"\"")) + "\""; "csv") | join(",");
def @tsv: _cells(
    split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n") | split("\r") | join("\\r");
  "tsv") | join("\t");
