// writer.h: what the community says. Sentences, bodies, titles and descriptions from text.yml's templates.
// Threads: immutable once built; every call takes its own Rng.
#pragma once

#include "random.h"
#include "settings.h"

#include <string>
#include <string_view>

namespace patreon {

class Writer {
public:
    // `settings` and `text` are borrowed and must outlive the Writer.
    Writer(const Settings &settings, const Text &text) : settings_(settings), text_(text) {}

    // Index into text.languages; English (0) for a language we have no words in.
    size_t LanguageIndex(std::string_view name) const;
    const Language &language(size_t index) const { return text_.languages[index]; }
    size_t languages() const { return text_.languages.size(); }

    // Replaces `out`.
    void Body(std::string &out, size_t language, Rng &rng) const;
    void Title(std::string &out, size_t language, Rng rng) const;
    void Description(std::string &out, size_t language, Rng rng) const;

private:
    void AddSentence(std::string &out, const Language &language, Rng &rng) const;
    void AddTemplate(std::string &out, std::string_view form, const Language &language, Rng &rng) const;
    void HtmlBody(std::string &out, const Language &language, uint64_t sentences, Rng &rng) const;

    const Settings &settings_;
    const Text &text_;
};

}  // namespace patreon
