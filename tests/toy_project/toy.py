"""Plays every stage: writes the output that `dvc.yaml` expects, made of the section's parameters, and a report."""

import json
import os
import sys
import time
from pathlib import Path

import yaml

OUTPUTS = {
    "synthesize": "data/gsi_syn/{}/set.txt",
    "gate_syn": "data/gates/gsi_syn.json",
    "edit": "data/edits/{}/pictures.txt",
    "evaluate": "data/scores/{}.parquet",
    "report": "reports/report.html",
}

stage, *keys = sys.argv[1:]
params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))[stage]
if "sleep" in params:
    Path("pid").write_text(str(os.getpid()), encoding="utf-8")
    print("sleeping", flush=True)
    time.sleep(60)
if "fail" in params:
    sys.exit(f"{stage} failed: {params['fail']}")
# Not a dependency, as little as a hosted model is: what it says may drift.
weather = Path("weather.txt").read_text(encoding="utf-8") if Path("weather.txt").exists() else "fair"
if weather == "storm":
    sys.exit("the model is not answering")
path = Path(OUTPUTS[stage].format(*keys))
path.parent.mkdir(parents=True, exist_ok=True)
text = f"{stage} {keys} {params} {weather if stage == 'edit' else ''} <html></html>"
path.write_text('{"sets": {"table-test": 4}}' if stage == "gate_syn" else text, encoding="utf-8")
score = {"fair": 50.0, "rain": 40.0}[weather]
scores = {"table-test/strict/all/AVG": score, "table-test/strict/count/scored": 4}
metrics = {"pairs": 4.0, **(scores if stage == "evaluate" else {})}
for folder, document in (("reports", metrics), ("logs", {"log": {"seconds": 0.5}, "preview": None})):
    record = Path(folder) / f"{'-'.join([stage, *keys])}.json"
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps(document), encoding="utf-8")
