"""Companies, countries and statutes are found under either language's name."""

from __future__ import annotations

import pytest

from publisher.texts.facts import facts
from publisher.texts.lexicon import table
from publisher.texts.names import country_name


def named(kind: str, text: str) -> list[str]:
    return sorted(fact.value for fact in facts(text).elements() if fact.kind == kind)


@pytest.mark.parametrize(
    "text",
    [
        "(주)가나다",
        "㈜가나다",
        "（주）가나다는 그 일을 합니다",
        "(주) 가나다에",
        "가나다(주)",
        "가나다(주)는",
        "주식회사 가나다",
        "주식회사 가나다는",
        "가나다 주식회사",
        "가나다 주식회사가 합니다",
        "유한회사 가나다",
        "가나다 유한책임회사",
    ],
)
def test_korean_companies(text: str) -> None:
    assert named("party", text) == ["가나다"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example Inc.", "Example"),
        ("by Example, Inc. in", "Example"),
        ("The Example, LLC,", "Example"),
        ("with Blue Garden Co., Ltd.;", "Blue Garden"),
        ("Blue Garden Corporation", "Blue Garden"),
        ("Beispiel GmbH", "Beispiel"),
        ("Example Pte. Ltd.", "Example"),
        ("| Example Ltd. | deliveries |", "Example"),
        ("2012-2022 Example Corporation", "Example"),
        ("B&B Garden Corp", "B&B Garden"),
        ("(“Nimbus”) Example Limited", "Example"),
    ],
)
def test_companies_in_latin_letters(text: str, name: str) -> None:
    assert named("party", text) == [name]


def test_several_companies_in_a_row() -> None:
    assert named("party", "Blue Co., Ltd.; Green Co., Ltd. and Red Inc.") == ["Blue", "Green", "Red"]
    assert named("party", "(주)가나다, (주)라마바와 사아자(주)") == ["가나다", "라마바", "사아자"]


@pytest.mark.parametrize(
    ("english", "korean", "name"),
    [
        ("Google", "구글은", "Google"),
        ("Google, Inc.", "구글", "Google"),
        ("Google Analytics", "Google Analytics와", "Google Analytics"),
        ("Amazon Web Services Inc.", "아마존웹서비스를", "Amazon Web Services"),
        ("AWS", "아마존 웹 서비스", "Amazon Web Services"),
        ("Firebase Analytics", "파이어베이스", "Firebase"),
        ("Meta", "메타는", "Meta"),
        ("Kakao", "(주)카카오", "Kakao"),
        ("NAVER Corp.", "네이버(주)", "Naver"),
    ],
)
def test_well_known_services(english: str, korean: str, name: str) -> None:
    assert named("party", english) == named("party", korean) == [name]


@pytest.mark.parametrize(
    "text", ["metadata", "메타데이터", "limited to", "an apple", "The Company", "회사는", "in Inc"]
)
def test_no_companies(text: str) -> None:
    assert named("party", text) == []


def test_a_particle_is_no_part_of_a_name_but_a_syllable_like_it_is() -> None:
    assert named("party", "(주)바다페이") == named("party", "(주)바다페이가") == ["바다페이"]


@pytest.mark.parametrize(
    ("english", "korean", "code"),
    [
        ("in the United States", "미국에 있는", "US"),
        ("the US,", "미국으로", "US"),
        ("the U.S. and", "미국과", "US"),
        ("the USA", "미합중국", "US"),
        ("the UK", "영국", "GB"),
        ("South Korea", "대한민국의", "KR"),
        ("the Republic of Korea", "한국에서는", "KR"),
        ("Germany", "독일", "DE"),
        ("Turkey", "튀르키예", "TR"),
        ("the EU", "유럽연합", "EU"),
        ("EEA", "유럽 경제 지역", "EEA"),
        ("Hong Kong", "홍콩", "HK"),
        ("India", "국가: 인도", "IN"),
        ("India", "독립 | 인도 | 하나", "IN"),
        ("New Zealand", "뉴질랜드", "NZ"),
        ("Guinea-Bissau", "기니비사우", "GW"),
        ("Côte d’Ivoire", "코트디부아르", "CI"),
    ],
)
def test_countries(english: str, korean: str, code: str) -> None:
    assert named("country", english) == named("country", korean) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "tell us",
        "a turkey",
        "CONTACT US",
        "BUS",
        "한국어",
        "New Jersey",
        "상품의 인도",
        "다른 수단으로",
        "한국은행",
        "USD",
    ],
)
def test_no_countries(text: str) -> None:
    assert named("country", text) == []


def test_the_name_of_a_country_in_each_language() -> None:
    assert (country_name("KR", "ko"), country_name("US", "en")) == ("대한민국", "United States")
    assert country_name("EEA", "en") == "EEA"


@pytest.mark.parametrize(
    ("english", "korean", "law"),
    [
        ("the Personal Information Protection Act", "「개인정보 보호법」", "kr-pipa"),
        ("PIPA", "개인정보보호법에", "kr-pipa"),
        ("Enforcement Decree of the Personal Information Protection Act", "개인정보 보호법 시행령", "kr-pipa-decree"),
        ("the Telecommunications Business Act", "전기통신사업법", "kr-telecom-business"),
        (
            "Act on Consumer Protection in Electronic Commerce",
            "전자상거래 등에서의 소비자보호에 관한 법률",
            "kr-e-commerce",
        ),
        ("the GDPR", "일반 개인정보 보호법", "eu-gdpr"),
        ("Children’s Online Privacy Protection Act", "COPPA에", "us-coppa"),
        ("CCPA", "CCPA를", "us-ccpa"),
    ],
)
def test_statutes(english: str, korean: str, law: str) -> None:
    assert named("law", english) == named("law", korean) == [law]


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("under the Sample Trade Act.", "Sample Trade Act"),
        ("The Act on Sample Trade and Goods applies", "Act on Sample Trade and Goods"),
        ("Guide to the Freedom of Gardens and Trees Act", "Freedom of Gardens and Trees Act"),
        ("the Sample Copyright Act", "Sample Copyright Act"),
        ("the Korean Copyright Act", "kr-copyright"),
        ("「가나다에 관한 법률」에 따라", "가나다에 관한 법률"),
        ("가나다산업진흥법에 따라", "가나다산업진흥법"),
    ],
)
def test_other_statutes_keep_their_name(text: str, law: str) -> None:
    assert named("law", text) == [law]


@pytest.mark.parametrize(
    "text", ["this Act", "Act now", "React", "이용방법", "관련법에", "준거법은", "불법", "an act of kindness"]
)
def test_no_statutes(text: str) -> None:
    assert named("law", text) == []


@pytest.mark.parametrize("kind", ["parties", "laws", "countries"])
def test_each_spelling_of_the_list_is_found_and_belongs_to_one_name(kind: str) -> None:
    names = table("names")[kind]
    spellings = [spelling for found in names.values() for spelling in found]
    assert len(spellings) == len(set(spellings))
    for value, found in names.items():
        for spelling in found:
            fact = {"parties": "party", "laws": "law", "countries": "country"}[kind]
            assert named(fact, f"| {spelling} |") == [value], spelling
