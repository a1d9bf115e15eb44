#include "storage/internal/xml.h"

#include <charconv>

#include "base/utf8.h"

namespace tarn::storage {
namespace {

constexpr int kMaxDepth = 32;

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<XmlElement> Document() {
        TARN_CHECK(SkipMarkup());
        if (Rest().empty() || Rest().front() != '<') return Broken("has no element");
        TARN_TRY(XmlElement root, Element(0));
        return root;
    }

private:
    std::string_view Rest() const { return text_.substr(at_); }

    std::unexpected<Error> Broken(const std::string &why) const {
        return Fail(ErrorKind::kCorrupt, "IO_ERROR", "The server's answer " + why + " at byte " + std::to_string(at_) + ".");
    }

    Result<void> SkipPast(std::string_view end) {
        size_t found = text_.find(end, at_);
        if (found == std::string_view::npos) return Broken("is cut off");
        at_ = found + end.size();
        return {};
    }

    // White space, <?xml …?>, comments, <!DOCTYPE …>.
    Result<void> SkipMarkup() {
        while (at_ < text_.size()) {
            std::string_view rest = Rest();
            if (std::string_view(" \t\r\n\xEF\xBB\xBF").find(rest.front()) != std::string_view::npos) at_++;
            else if (rest.starts_with("<?")) TARN_CHECK(SkipPast("?>"));
            else if (rest.starts_with("<!--")) TARN_CHECK(SkipPast("-->"));
            else if (rest.starts_with("<!") && !rest.starts_with("<![CDATA[")) TARN_CHECK(SkipPast(">"));
            else break;
        }
        return {};
    }

    Result<XmlElement> Element(int depth) {
        if (depth > kMaxDepth) return Broken("is nested too deeply");
        at_++;  // '<'
        size_t end = text_.find_first_of(" \t\r\n/>", at_);
        if (end == std::string_view::npos || end == at_) return Broken("has a broken tag");
        std::string_view full = text_.substr(at_, end - at_);
        XmlElement element;
        element.name = full.substr(full.rfind(':') + 1);
        at_ = end;
        // Attributes: nothing in them matters, but a quoted '>' does not end the tag.
        char quote = 0;
        while (at_ < text_.size() && (quote != 0 || text_[at_] != '>')) {
            char c = text_[at_++];
            if (quote != 0) quote = c == quote ? 0 : quote;
            else if (c == '"' || c == '\'') quote = c;
        }
        if (at_ >= text_.size()) return Broken("is cut off");
        bool empty = text_[at_ - 1] == '/';
        at_++;
        if (empty) return element;
        TARN_CHECK(Content(element, full, depth));
        return element;
    }

    Result<void> Content(XmlElement &element, std::string_view full, int depth) {
        while (true) {
            std::string_view rest = Rest();
            if (rest.empty()) return Broken("is cut off");
            if (rest.starts_with("</")) {
                size_t close = rest.find('>');
                if (!rest.substr(2).starts_with(full) || close == std::string_view::npos) return Broken("has tags that do not match");
                at_ += close + 1;
                return {};
            }
            if (rest.starts_with("<![CDATA[")) {
                size_t begin = at_ + 9;
                TARN_CHECK(SkipPast("]]>"));
                element.text += text_.substr(begin, at_ - 3 - begin);
            } else if (rest.starts_with("<!--") || rest.starts_with("<?")) {
                TARN_CHECK(SkipPast(rest.starts_with("<?") ? "?>" : "-->"));
            } else if (rest.front() == '<') {
                TARN_TRY(XmlElement child, Element(depth + 1));
                element.children.push_back(std::move(child));
            } else if (rest.front() == '&') {
                TARN_CHECK(Entity(element.text));
            } else {
                size_t end = std::min(text_.find_first_of("<&", at_), text_.size());
                element.text += text_.substr(at_, end - at_);
                at_ = end;
            }
        }
    }

    Result<void> Entity(std::string &out) {
        size_t end = text_.find(';', at_);
        if (end == std::string_view::npos || end - at_ > 12) return Broken("has a broken entity");
        std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
        if (name == "amp") out += '&';
        else if (name == "lt") out += '<';
        else if (name == "gt") out += '>';
        else if (name == "quot") out += '"';
        else if (name == "apos") out += '\'';
        else if (name.starts_with('#')) {
            bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
            std::string_view digits = name.substr(hex ? 2 : 1);
            uint32_t code = 0;
            auto [stop, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
            if (failed != std::errc() || stop != digits.data() + digits.size() || code > 0x10FFFF) return Broken("has a broken entity");
            AppendUtf8(code, out);
        } else {
            return Broken("has an unknown entity");
        }
        at_ = end + 1;
        return {};
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

const XmlElement *XmlElement::Child(std::string_view child) const {
    for (const XmlElement &element : children) {
        if (element.name == child) return &element;
    }
    return nullptr;
}

std::string_view XmlElement::TextOf(std::string_view child) const {
    const XmlElement *element = Child(child);
    return element == nullptr ? std::string_view() : std::string_view(element->text);
}

Result<XmlElement> ParseXml(std::string_view text) { return Parser(text).Document(); }

std::string XmlEscape(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\r': out += "&#13;"; break;
            case '\n': out += "&#10;"; break;
            default: out += c;
        }
    }
    return out;
}

}  // namespace tarn::storage
