// Which language: CLD2's n-gram model, and stop words where a text is too short for it.
#include <cstdio>  // CLD2's header needs it.

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>
#include <array>
#include <map>

#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

// More text than this changes no answer.
constexpr size_t kEnough = 16 * 1024;

// CLD2 reads on past a broken character, so that it gets none. Links, names of users and digits are of no language.
std::string Readable(std::string_view text) {
    std::string out;
    out.reserve(std::min(text.size(), kEnough) + 16);
    for (size_t at = 0; at < text.size() && out.size() < kEnough;) {
        size_t begin = at;
        char32_t c = Next(text, at);
        bool link = text.substr(begin, 4) == "http" && (text.substr(begin + 4, 3) == "://" || text.substr(begin + 4, 4) == "s://");
        if (link || c == '@') {
            while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ') at++;
            out += ' ';
        } else if (IsLetter(c) || c == '\'' || c == 0x2019) {
            out.append(text.substr(begin, at - begin));
        } else if (out.empty() || out.back() != ' ') {
            out += ' ';
        }
    }
    return out;
}

// CLD2 still knows codes that ISO has replaced.
std::string Code(CLD2::Language language) {
    std::string code = CLD2::LanguageCode(language);
    if (code == "iw") return "he";
    if (code == "jw") return "jv";
    if (code == "nb" || code == "nn") return "no";
    if (code == "in") return "id";
    return code;
}

// The share of the words that are stop words of a language: for texts of a few words, where n-grams say little.
LanguageGuess ByStopWords(std::string_view text) {
    constexpr auto kCommon = std::to_array<std::string_view>(
        {"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro", "tr", "ru", "uk", "id", "hr", "bg", "el"});
    std::vector<Token> tokens = Tokenize(text.substr(0, 2000));
    std::erase_if(tokens, [](const Token &token) { return token.kind != TokenKind::kWord; });
    if (tokens.empty()) return {"und", 0};
    std::vector<std::pair<double, std::string_view>> scores;
    for (std::string_view language : kCommon) {
        const WordSet &stops = StopWords(language);
        double hits = 0;
        // Long lists hold everything; a word counts by how rare its list makes it.
        for (const Token &token : tokens) hits += stops.contains(token.folded) ? 1.0 / (1.0 + static_cast<double>(stops.size()) / 2000) : 0;
        scores.emplace_back(hits / static_cast<double>(tokens.size()), language);
    }
    std::ranges::stable_sort(scores, std::greater<>(), &std::pair<double, std::string_view>::first);
    double lead = scores[0].first - scores[1].first;
    if (scores[0].first < 0.2 || lead <= 0) return {"und", 0};
    return {std::string(scores[0].second), std::min(0.6, 0.2 + lead)};
}

}  // namespace

LanguageGuess DetectLanguage(std::string_view text) {
    std::string readable = Readable(WithoutTags(text.substr(0, 4 * kEnough)));
    CLD2::Language top[3];
    int percent[3];
    double normal[3];
    int bytes = 0;
    bool reliable = false;
    CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    // Best effort: an answer for short text, too, which CLD2 then calls unreliable.
    constexpr int kBestEffort = 0x4000;
    CLD2::ExtDetectLanguageSummary(readable.data(), static_cast<int>(readable.size()), true, &hints, kBestEffort, top, percent, normal,
                                   nullptr, &bytes, &reliable);
    bool known = top[0] != CLD2::UNKNOWN_LANGUAGE && percent[0] > 0;
    if (known && reliable) return {Code(top[0]), std::min(1.0, percent[0] / 100.0)};
    LanguageGuess guess = ByStopWords(readable);
    if (known && (guess.code == "und" || guess.code == Code(top[0]))) {
        return {Code(top[0]), guess.code == "und" ? 0.3 : std::max(0.5, guess.confidence)};
    }
    return guess;
}

}  // namespace tarn::ai::local
