// Which label a text is about, without examples: each of its words is held against the label's words and what they usually come
// with, by stem, by meaning (English) and by letters.
#include <algorithm>
#include <array>
#include <cmath>

#include "ai/local/internal/meaning.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

// What people write about when they mean a label: the stem of a label's word, and words that count as the label's own.
constexpr auto kHints = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"account", "login password username profile sign email verification locked access"},
    {"art", "artwork drawing painting sketch illustration animation design style color"},
    {"audio", "sound music volume voice soundtrack song noise mute headphones"},
    {"balanc", "overpowered weak nerf buff unfair strong damage"},
    {"bill", "invoice charge charged payment refund card subscription price paid fee receipt money"},
    {"bug", "crash crashes crashed error broken glitch freeze freezes fails failure stuck exception fix issue problem"},
    {"busi", "company market profit sales revenue industry investors shares merger trade bank"},
    {"cancel", "unsubscribe refund quit stop leave terminate"},
    {"complaint", "disappointed unacceptable terrible worst angry refund poor rude"},
    {"deliveri", "shipping shipped package arrived late courier parcel tracking delayed"},
    {"econom", "inflation growth market bank rates jobs unemployment currency"},
    {"entertain", "movie film actor music album celebrity show television singer concert"},
    {"featur", "add suggestion wish please would option support idea request could allow implement"},
    {"feedback", "opinion suggestion think improve like review"},
    {"food", "restaurant meal dish taste delicious recipe cook cooking eat dinner lunch"},
    {"gameplay", "play controls level boss combat mission quest mechanic difficulty player"},
    {"graphic", "texture shader resolution visual lighting rendering model animation"},
    {"health", "doctor hospital disease patient medicine treatment symptoms virus drug medical"},
    {"law", "court judge lawyer attorney lawsuit trial legal sued"},
    {"localis", "translation translate language subtitles"},
    {"localiz", "translation translate language subtitles"},
    {"perform", "slow fast lag laggy fps memory speed stutter loading"},
    {"polit", "government president election minister parliament vote senate party policy congress"},
    {"prais", "love great amazing awesome thanks thank excellent wonderful perfect best fantastic"},
    {"price", "expensive cheap cost money pay dollars discount worth"},
    {"question", "how what why when where who which does can wondering anyone know"},
    {"refund", "money back return charged cancel"},
    {"scienc", "research scientists study space physics nasa discovery experiment theory species"},
    {"spam", "buy click free winner casino crypto offer promo subscribe discount visit"},
    {"sport", "team game match player season coach league championship goal score football tournament won"},
    {"stori", "plot character characters ending writing dialogue chapter narrative scene"},
    {"support", "help assist issue problem solve ticket agent"},
    {"tech", "software computer internet app phone data server hardware code device web"},
    {"technolog", "software computer internet app phone data server hardware code device web"},
    {"travel", "flight hotel trip airport vacation tourist passengers journey booking"},
    {"ui", "interface button menu screen layout font icon window click"},
    {"world", "country war peace international troops nations minister border foreign military"},
});

struct Label {
    std::string name;
    std::vector<std::pair<std::string, double>> stems;  // With how much a word of the text with that stem counts.
    std::vector<std::pair<Vector, double>> vectors;
    Meaning meaning;
};

std::string_view HintsOf(const std::string &stem) {
    auto found = std::ranges::find(kHints, stem, &std::pair<std::string_view, std::string_view>::first);
    return found == kHints.end() ? "" : found->second;
}

void AddWords(std::string_view text, double weight, bool with_hints, Label &label) {
    for (const Token &token : Tokenize(text)) {
        if (token.kind != TokenKind::kWord && token.kind != TokenKind::kNumber && token.kind != TokenKind::kIdeograph) continue;
        std::string stem = Stem(token.folded, "en");
        label.stems.emplace_back(stem, weight);
        // "bug_report", "bug-report" are two words.
        if (token.folded.find_first_of("_-") != std::string::npos) {
            std::string parts = token.folded;
            std::ranges::replace_if(parts, [](char c) { return c == '_' || c == '-'; }, ' ');
            AddWords(parts, weight, with_hints, label);
            continue;
        }
        double rarity = 0;
        Vector vector = VectorOf(token.folded, &rarity);
        if (rarity > 0) label.vectors.emplace_back(vector, weight);
        if (with_hints) AddWords(HintsOf(stem), 0.6 * weight, false, label);
    }
}

Result<std::vector<Label>> ReadLabels(std::span<const std::string> texts) {
    std::vector<Label> labels;
    for (const std::string &text : texts) {
        size_t colon = text.find(':');
        Label label;
        label.name = OneLine(std::string_view(text).substr(0, colon));
        bool twice = std::ranges::any_of(labels, [&](const Label &other) { return other.name == label.name; });
        if (label.name.empty() || twice) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                        label.name.empty() ? "A label is empty." : "The label '" + label.name + "' is given twice.");
        }
        AddWords(label.name, 1, true, label);
        if (colon != std::string::npos) AddWords(std::string_view(text).substr(colon + 1), 0.8, false, label);
        label.meaning = Read(label.name);
        labels.push_back(std::move(label));
    }
    if (labels.empty()) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "There is no label to choose from.");
    return labels;
}

// Labels that are moods are Sentiment's business.
bool AreMoods(const std::vector<Label> &labels) {
    return std::ranges::all_of(labels, [](const Label &label) {
        std::string name = Folded(label.name);
        return name == "positive" || name == "negative" || name == "neutral" || name == "mixed";
    });
}

Classification ByMood(std::string_view text, const std::vector<Label> &labels) {
    SentimentResult mood = Sentiment(text);
    std::string_view wanted = MoodName(mood.mood);
    auto named = [&](std::string_view name) { return std::ranges::find_if(labels, [&](const Label &l) { return Folded(l.name) == name; }); };
    auto found = named(wanted);
    if (found == labels.end()) found = named(mood.score < 0 ? "negative" : "positive");
    if (found == labels.end()) found = labels.begin();
    return {found->name, std::max(1.0 / static_cast<double>(labels.size()), std::abs(mood.score))};
}

struct TextWord {
    std::string stem;
    Vector vector;
    double weight;  // Of its meaning; 0: unknown.
};

// A label's points: each word of the text adds the best of what it has in common with one of the label's.
double Points(const std::vector<TextWord> &words, const Label &label) {
    double points = 0;
    for (const TextWord &word : words) {
        double best = 0;
        for (const auto &[stem, weight] : label.stems) {
            if (stem == word.stem) best = std::max(best, 2 * weight);
        }
        if (word.weight > 0 && best == 0) {
            for (const auto &[vector, weight] : label.vectors) {
                double alike = Cosine(word.vector, vector);
                if (alike > 0.4) best = std::max(best, weight * word.weight * (alike - 0.4) * 2);
            }
        }
        points += best;
    }
    return points;
}

}  // namespace

Result<Classification> Classify(std::string_view text, std::span<const std::string> label_texts) {
    TARN_TRY(std::vector<Label> labels, ReadLabels(label_texts));
    if (AreMoods(labels)) return ByMood(text, labels);
    constexpr size_t kMostWords = 2000;
    Meaning meaning = Read(text);
    std::vector<TextWord> words;
    const WordSet &stops = StopWords("en");
    for (const Token &token : Tokenize(WithoutTags(text))) {
        if (token.kind == TokenKind::kPunctuation || words.size() == kMostWords) continue;
        TextWord word{Stem(token.folded, "en"), {}, 0};
        if (!stops.contains(token.folded)) word.vector = VectorOf(token.folded, &word.weight);
        words.push_back(std::move(word));
    }
    std::vector<double> points;
    double total = 0, most = 0;
    size_t best = 0;
    for (const Label &label : labels) {
        // Letters decide where no word is known: other languages, names, misspellings.
        double sum = Points(words, label) / std::sqrt(static_cast<double>(words.size()) + 1);
        sum += 0.5 * Similarity(meaning, label.meaning);
        double share = std::exp(2 * sum);
        if (share > most) {
            most = share;
            best = points.size();
        }
        points.push_back(share);
        total += share;
    }
    return Classification{labels[best].name, most / total};
}

}  // namespace tarn::ai::local
