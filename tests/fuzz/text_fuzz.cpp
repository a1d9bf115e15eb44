// Texts of strangers: any bytes get an answer within its bounds, and what is masked is gone.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "ai/local/local_models.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace tarn::ai::local;
    std::string text(reinterpret_cast<const char *>(data), std::min<size_t>(size, 20000));
    TARN_ASSERT(!DetectLanguage(text).code.empty());
    TARN_ASSERT(Summarize(text, 10).size() <= text.size() + 4);
    for (const Keyword &keyword : Keywords(text, 5)) TARN_ASSERT(keyword.score > 0 && keyword.score <= 1 && !keyword.phrase.empty());
    SentimentResult mood = Sentiment(text);
    TARN_ASSERT(mood.score >= -1 && mood.score <= 1 && std::abs(mood.positive + mood.negative + mood.neutral - 1) < 1e-6);
    std::string other(text.rbegin(), text.rend());
    double alike = Similarity(text, other);
    TARN_ASSERT(alike >= 0 && alike <= 1 && Similarity(text, text) == 1 && alike == Similarity(other, text));
    auto label = Classify(text, std::vector<std::string>{"bug", "praise", text});
    TARN_ASSERT(!label || (label->score > 0 && label->score <= 1 + 1e-9));

    std::vector<std::string> labels = EntityLabels();
    auto masked = Mask(text, labels);
    TARN_ASSERT(masked.has_value());
    auto found = Extract(text, labels);
    TARN_ASSERT(found.has_value());
    for (const Extraction &extraction : *found) {
        for (const std::string &value : extraction.all) TARN_ASSERT(!value.empty() && text.contains(value));
        if (extraction.found) TARN_ASSERT(masked->contains("[MASKED]"));
    }
    return 0;
}
