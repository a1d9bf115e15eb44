"""Forecasts beside statsmodels, trends beside numpy, moods beside labelled texts."""
import datetime
import json
import math
import tempfile
import warnings

import numpy
import pandas
import pyarrow.parquet
import statsmodels.api as sm
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

import harness

PASSENGERS = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140, 145, 150, 178, 163,
              172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272,
              237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
              284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348,
              363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606,
              508, 461, 390, 432]
MODELS = {
    "ANN": {}, "AAN": {"trend": "add"}, "AAdN": {"trend": "add", "damped_trend": True},
    "ANA": {"seasonal": "add"}, "AAA": {"trend": "add", "seasonal": "add"}, "AAdA": {"trend": "add", "damped_trend": True, "seasonal": "add"},
    "AAM": {"trend": "add", "seasonal": "mul"},
}
STEPS = 12


def series():
    dice = numpy.random.default_rng(7)
    t = numpy.arange(96)
    yield "season", 100 + 0.8 * t + 12 * numpy.sin(2 * numpy.pi * t / 12) + dice.normal(0, 3, 96), 12
    yield "walk", numpy.cumsum(dice.normal(0.5, 2, 80)) + 50, 12
    yield "growing", (50 + 1.2 * t) * (1 + 0.25 * numpy.sin(2 * numpy.pi * t / 12)) + dice.normal(0, 3, 96), 12
    yield "flat", 20 + dice.normal(0, 1, 40), 4
    yield "passengers", numpy.array(PASSENGERS, dtype=float), 12


class Forecasts:
    """Every series as days from 2020-01-01, so that steps are equal; the season's length is told."""

    def __init__(self, home):
        self.tarn = harness.Tarn(home / "root")
        self.series = {name: (values, season) for name, values, season in series()}
        rows = [f"('{name}', {i}, DATE'2020-01-01' + {i}, {float(value)!r}D)" for name, (values, _) in self.series.items() for i, value in enumerate(values)]
        self.tarn.sql("CREATE TABLE series AS SELECT * FROM VALUES " + ", ".join(rows) + " AS v(name, t, day, value)")

    def forecast(self, name, model):
        values, season = self.series[name]
        end = datetime.date(2020, 1, 1) + datetime.timedelta(days=len(values) + STEPS)
        parameters = json.dumps({"model": model, "season_length": season})
        rows = self.tarn.sql(f"SELECT value_forecast f, value_lower l, value_upper u FROM ai_forecast(TABLE(SELECT * FROM series WHERE name = '{name}'), "
                             f"horizon => '{end}', time_col => 'day', value_col => 'value', parameters => '{parameters}') ORDER BY day")
        assert len(rows) == STEPS, rows
        return numpy.array([[float(row[key]) for key in "flu"] for row in rows])

    def case_smoothing_beside_statsmodels(self):
        compared, elsewhere, worst = 0, [], 0
        for name, (values, season) in self.series.items():
            for model, options in MODELS.items():
                if "seasonal" in options:
                    options = {**options, "seasonal_periods": season}
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fit = ETSModel(pandas.Series(values), error="add", **options).fit(disp=False, maxiter=2000)
                    theirs = fit.get_prediction(start=len(values), end=len(values) + STEPS - 1).summary_frame(alpha=0.05)
                ours = self.forecast(name, model)
                off = numpy.max(numpy.abs(ours[:, 0] - theirs["mean"].values)) / numpy.std(values)
                if off > 0.01:
                    elsewhere.append((name, model))
                    continue
                compared += 1
                worst = max(worst, off)
                # Our variance of an error takes off the degrees of freedom that parameters use, theirs does not.
                parameters = 1 + ("trend" in options) * 2 + ("damped_trend" in options) + (season if "seasonal" in options else 0) + 1
                wider = math.sqrt(len(values) / (len(values) - parameters))
                ratio = (ours[:, 2] - ours[:, 1]) / (theirs["pi_upper"] - theirs["pi_lower"]).values / wider
                allowed = 0.15 if model == "AAM" else 0.005  # both simulate where a season multiplies
                assert numpy.all(numpy.abs(ratio - 1) < allowed), (name, model, ratio)
        # The likelihood has several peaks; the two searches need not end on the same one.
        assert compared >= 25, (compared, elsewhere)
        return f"{compared} models at most {worst:.4f} standard deviations apart; on another peak: " + ", ".join(f"{n} {m}" for n, m in elsewhere)

    def case_trend_beside_ols(self):
        worst = 0
        for name, (values, _) in self.series.items():
            t = numpy.arange(len(values))
            fit = sm.OLS(values, sm.add_constant(t)).fit()
            later = sm.add_constant(numpy.arange(len(values), len(values) + STEPS), has_constant="add")
            theirs = fit.get_prediction(later).summary_frame(alpha=0.05)[["mean", "obs_ci_lower", "obs_ci_upper"]].values
            worst = max(worst, numpy.max(numpy.abs(self.forecast(name, "linear") - theirs)))
        assert worst < 1e-6, worst
        return f"forecast and interval within {worst:.1e}"

    def case_regr_slope_beside_polyfit(self):
        rows = self.tarn.sql("SELECT name, regr_slope(value, t) slope, regr_intercept(value, t) intercept FROM series GROUP BY name")
        worst = 0
        for row in rows:
            values, _ = self.series[row["name"]]
            slope, intercept = numpy.polyfit(numpy.arange(len(values)), values, 1)
            worst = max(worst, abs(float(row["slope"]) - slope), abs(float(row["intercept"]) - intercept))
        assert len(rows) == len(self.series) and worst < 1e-9, worst
        return f"{len(rows)} series within {worst:.1e}"

    def case_auto_forecasts_what_was_held_back(self):
        values = PASSENGERS[:-STEPS]
        end = datetime.date(1961, 1, 1)
        rows = [f"(add_months(DATE'1949-01-01', {i}), {value})" for i, value in enumerate(values)]
        forecast = self.tarn.sql(f"SELECT n_forecast f, n_lower l, n_upper u FROM ai_forecast(TABLE(SELECT * FROM VALUES {', '.join(rows)} AS v(month, n)), "
                                 f"horizon => '{end}', time_col => 'month', value_col => 'n') ORDER BY month")
        assert len(forecast) == STEPS
        truth = PASSENGERS[-STEPS:]
        error = numpy.mean([abs(float(row["f"]) - value) / value for row, value in zip(forecast, truth)])
        naive = numpy.mean([abs(PASSENGERS[-2 * STEPS + i] - value) / value for i, value in enumerate(truth)])
        held = sum(float(row["l"]) <= value <= float(row["u"]) for row, value in zip(forecast, truth))
        assert error < 0.05 < naive, (error, naive)
        assert held >= 9, held
        return f"mean error {error:.1%} (a year before: {naive:.1%}), {held} of {STEPS} within the 95 % interval"


class Moods:
    """Texts of the four sets that VADER was published with, rated by twenty people each, against ai_analyze_sentiment without an endpoint."""

    # Least share of right answers; "mixed" and "neutral" are wrong ones.
    SETS = {"tweets": 0.89, "movieReviewSnippets": 0.64, "amazonReviewSnippets": 0.58, "nytEditorialSnippets": 0.50}
    FOLDER = harness.CHECKOUT / ".peers" / "vader"

    @classmethod
    def skip(cls):
        if not cls.FOLDER.exists():
            return "the labelled sets are not there (scripts/setup-peers.sh)"
        with tempfile.TemporaryDirectory() as root:
            known = harness.Tarn(root).command("sql", "--root", root, "-c", "SELECT ai_analyze_sentiment('good')", check=False)
        return None if known.returncode == 0 else "this build has no ai_analyze_sentiment"

    def __init__(self, home):
        self.home = home
        self.tarn = harness.Tarn(home / "root")

    def case_agree_with_raters(self):
        notes = []
        for name, least in self.SETS.items():
            rated, texts = [], []
            for line in open(self.FOLDER / f"{name}_GroundTruth.txt", encoding="utf-8", errors="replace"):
                cells = line.rstrip("\n").split("\t")
                if len(cells) >= 3 and abs(float(cells[1])) >= 0.5:
                    rated.append(float(cells[1]))
                    texts.append(cells[2])
            rated, texts = rated[:2000], texts[:2000]
            path = self.home / f"{name}.parquet"
            pyarrow.parquet.write_table(pyarrow.table({"rating": rated, "text": texts}), path)
            rows = self.tarn.sql(f"SELECT rating, ai_analyze_sentiment(text) mood FROM parquet.`{path}`")
            right = sum(row["mood"] == ("positive" if row["rating"] > 0 else "negative") for row in rows) / len(rows)
            assert len(rows) == len(texts) and right >= least, (name, right)
            notes.append(f"{name} {right:.1%}")
        return ", ".join(notes)


GROUPS = [Forecasts, Moods]
