#include "writer.h"

#include "json.h"

namespace patreon {

size_t Writer::LanguageIndex(std::string_view name) const {
    for (size_t i = 0; i < text_.languages.size(); ++i) {
        if (text_.languages[i].name == name) return i;
    }
    return 0;
}

void Writer::AddTemplate(std::string &out, std::string_view form, const Language &language, Rng &rng) const {
    size_t from = 0;
    for (size_t at = form.find('{'); at != std::string_view::npos && at + 2 < form.size(); at = form.find('{', at + 1)) {
        if (form[at + 2] != '}') continue;
        out.append(form, from, at - from);
        switch (form[at + 1]) {
            case 't': out += rng.Pick(language.topics); break;
            case 'v': out += rng.Pick(language.verdicts); break;
            default: AppendInt(out, static_cast<int64_t>(2 + rng.Below(39))); break;
        }
        from = at + 3;
    }
    out.append(form, from, form.size() - from);
}

void Writer::AddSentence(std::string &out, const Language &language, Rng &rng) const {
    if (rng.Chance(0.012)) {
        out += rng.Pick(text_.oddities);
    } else {
        AddTemplate(out, rng.Pick(language.sentences), language, rng);
    }
}

void Writer::HtmlBody(std::string &out, const Language &language, uint64_t sentences, Rng &rng) const {
    for (uint64_t i = 0; i < sentences;) {
        const uint64_t kind = rng.Below(10);
        if (kind == 0 && sentences - i >= 2) {
            out += "<ul>\n";
            for (uint64_t item = 0; item < 2; ++item, ++i) {
                out += "<li>";
                AddSentence(out, language, rng);
                out += "</li>\n";
            }
            out += "</ul>\n";
            continue;
        }
        out += "<p>";
        if (kind == 1) {
            out += "<a href=\"https://community.example.com/t/";
            AppendInt(out, static_cast<int64_t>(rng.Below(90000)));
            out += "\" rel=\"nofollow\">";
            out += rng.Pick(language.topics);
            out += "</a>: ";
        } else if (kind == 2) {
            out += "<strong>";
            out += rng.Pick(language.topics);
            out += "</strong> &amp; co. ";
        }
        for (uint64_t in_paragraph = 1 + rng.Below(4); in_paragraph > 0 && i < sentences; --in_paragraph, ++i) {
            if (out.back() != '>' && out.back() != ' ') out += ' ';
            AddSentence(out, language, rng);
        }
        out += i < sentences ? "</p>\n\n" : "</p>\n";
    }
}

void Writer::Body(std::string &out, size_t language_index, Rng &rng) const {
    out.clear();
    const Language &language = text_.languages[language_index];
    uint64_t sentences = 1 + static_cast<uint64_t>(rng.Exponential(settings_.sentences - 1) + 0.5);
    if (sentences > 60) sentences = 60;
    if (rng.Chance(settings_.html)) {
        HtmlBody(out, language, sentences, rng);
    } else {
        const bool paragraphs = rng.Chance(0.2);
        for (uint64_t i = 0; i < sentences; ++i) {
            if (i > 0) out += paragraphs && rng.Chance(0.3) ? "\n\n" : " ";
            AddSentence(out, language, rng);
        }
    }
    if (rng.Chance(settings_.emoji)) {
        out += ' ';
        const std::string &emoji = rng.Pick(text_.emoji);
        for (uint64_t times = 1 + rng.Below(2); times > 0; --times) out += emoji;
    }
}

void Writer::Title(std::string &out, size_t language, Rng rng) const {
    out.clear();
    AddTemplate(out, rng.Pick(text_.languages[language].titles), text_.languages[language], rng);
}

void Writer::Description(std::string &out, size_t language, Rng rng) const {
    out.clear();
    HtmlBody(out, text_.languages[language], 2 + rng.Below(8), rng);
}

}  // namespace patreon
