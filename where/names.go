package where

import (
	"slices"
	"strings"
	"unicode"
)

// AreaByName returns the codes of the areas that a name may mean, sorted: more
// than one only if it is truly ambiguous, nil if it is not known. English,
// Ukrainian and Russian names will do, with or without the word for the kind of
// area, in any case, with apostrophes or without, and in the usual
// transliterations.
func AreaByName(name string) (codes []string) {
	b := areas()
	if code := strings.ToUpper(strings.TrimSpace(name)); b.notes[code] != "" {
		return []string{code}
	}
	words := nameWords(name)
	kind, bare := splitKind(words)
	for _, key := range []string{kind + " " + bare, " " + bare} {
		if found := b.names[key]; found != nil {
			return append([]string(nil), found...)
		}
		if kind == "city" {
			return nil
		}
	}
	return nil
}

// kinds maps the words for kinds of areas to one word each; the kind matters
// where a city and the region round it share a name.
var kinds = map[string]string{
	"oblast": "oblast", "oblasts": "oblast", "region": "oblast", "province": "oblast", "obl": "oblast",
	"область": "oblast", "области": "oblast", "області": "oblast", "обл": "oblast",
	"city": "city", "місто": "city", "город": "city", "м": "city", "г": "city", "misto": "city", "gorod": "city",
	"krai": "krai", "kray": "krai", "край": "krai", "territory": "krai",
	"republic": "republic", "respublika": "republic", "республика": "republic", "республіка": "republic",
	"okrug": "okrug", "округ": "okrug", "district": "okrug", "ao": "okrug", "ао": "okrug",
	"autonomous": "", "автономна": "", "автономная": "", "автономный": "", "автономний": "", "avtonomna": "", "of": "", "the": "", "ark": "republic",
}

func splitKind(words []string) (kind, bare string) {
	var rest []string
	for _, w := range words {
		k, isKind := kinds[w]
		if !isKind {
			rest = append(rest, w)
		} else if k != "" {
			kind = k
		}
	}
	return kind, strings.Join(rest, " ")
}

// nameWords lowers, drops apostrophes and soft signs, and parts the words.
func nameWords(s string) []string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("'’‘ʼ`´\"ʹ", r):
			return -1
		case r == 'ё' || r == 'Ё':
			return 'е'
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, s)
	return strings.Fields(s)
}

// nameIndex files every area under its names: "kind bare" and " bare".
func nameIndex(infos []AreaInfo) map[string][]string {
	index := map[string][]string{}
	for _, a := range infos {
		for _, name := range spellings(a) {
			kind, bare := splitKind(nameWords(name))
			for _, key := range []string{kind + " " + bare, " " + bare} {
				if !slices.Contains(index[key], a.Code) {
					index[key] = append(index[key], a.Code)
				}
			}
		}
	}
	for bare, code := range cityFirst {
		index[" "+bare] = []string{code}
		index["city "+bare] = []string{code}
	}
	for _, codes := range index {
		slices.Sort(codes)
	}
	return index
}

// cityFirst says what a bare name means where a city is an area of its own.
var cityFirst = map[string]string{
	"kyiv": "UA-30", "kiev": "UA-30", "kyyiv": "UA-30", "київ": "UA-30", "киев": "UA-30",
	"moscow": "RU-MOW", "moskva": "RU-MOW", "москва": "RU-MOW",
	"sevastopol": "UA-40", "севастополь": "UA-40",
	"saint petersburg": "RU-SPE", "st petersburg": "RU-SPE", "sankt petersburg": "RU-SPE",
	"петербург": "RU-SPE", "санкт петербург": "RU-SPE",
}

// spellings returns the names of an area and their usual variants.
func spellings(a AreaInfo) []string {
	out := []string{a.Name, a.NameUK, a.NameRU}
	out = append(out, strings.Split(moreNames[a.Code], "|")...)
	for _, native := range []string{a.NameUK, a.NameRU} {
		out = append(out, romanise(native, a.Country)...)
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// romanise returns transliterations: Ukrainian adjectives such as Kharkivska
// and Russian ones such as Kharkovskaya.
func romanise(s, country string) []string {
	var out []string
	for _, table := range []map[rune]string{ukLatin, ruLatin} {
		var b strings.Builder
		for _, r := range strings.ToLower(s) {
			if t, ok := table[r]; ok {
				b.WriteString(t)
			} else {
				b.WriteRune(r)
			}
		}
		out = append(out, b.String())
	}
	return out
}

func latinTable(pairs string) map[rune]string {
	m := map[rune]string{}
	for _, f := range strings.Fields(pairs) {
		r := []rune(f)
		m[r[0]] = string(r[1:])
	}
	return m
}

var (
	ukLatin = latinTable("аa бb вv гh ґg дd еe єie жzh зz иy іi їi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ь юiu яia ыy эe ъ ёe")
	ruLatin = latinTable("аa бb вv гg дd еe жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya ёe іi їyi єye ґg")
)

// moreNames are variants that no rule gives: capitals, older and other
// transliterations.
var moreNames = map[string]string{
	"UA-05":  "Vinnytsya|Vinnitsa|Vinnitsia|Вінниця|Винница|Вінниччина",
	"UA-07":  "Volhynia|Volyns'ka|Volynia|Lutsk|Волинь|Волынь",
	"UA-09":  "Lugansk|Luhans'k|Луганськ|Луганск|Луганщина",
	"UA-12":  "Dnepropetrovsk|Dnipro Oblast|Dnipropetrovs'k|Dnipro|Дніпро|Днепр|Дніпропетровщина",
	"UA-14":  "Donets'k|Донецьк|Донецк|Донеччина",
	"UA-18":  "Zhitomir|Zhytomyr|Житомир|Житомирщина",
	"UA-21":  "Zakarpatska|Transcarpathia|Zakarpattya|Закарпаття|Закарпатье",
	"UA-23":  "Zaporizhzhya|Zaporizhia|Zaporozhye|Zaporizhzhia|Zaporozhia|Запоріжжя|Запорожье",
	"UA-26":  "Ivano-Frankovsk|Івано-Франківськ|Ивано-Франковск|Прикарпаття",
	"UA-30":  "Kiev City|Kyiv City|Kyyiv City|City of Kyiv|м. Київ|г. Киев",
	"UA-32":  "Kiev Oblast|Kyiv Oblast|Kyyiv Oblast|Київщина",
	"UA-35":  "Kirovograd|Kropyvnytskyi|Kropyvnytskyi Oblast|Кропивницький|Кіровоград|Кировоград",
	"UA-40":  "City of Sevastopol|Sevastopol City|Sebastopol",
	"UA-43":  "Crimea|Crimean|Krym|Крим|Крым|AR Crimea",
	"UA-46":  "Lvov|L'viv|Львів|Львов|Львівщина",
	"UA-48":  "Mykolayiv|Nikolaev|Nikolayev|Mykolaiv|Миколаїв|Николаев|Миколаївщина",
	"UA-51":  "Odessa|Одеса|Одесса|Одещина",
	"UA-53":  "Полтава|Полтавщина",
	"UA-56":  "Rovno|Рівне|Ровно|Рівненщина",
	"UA-59":  "Суми|Сумы|Сумщина",
	"UA-61":  "Ternopol|Ternopil'|Тернопіль|Тернополь",
	"UA-63":  "Kharkov|Харків|Харьков|Харківщина",
	"UA-65":  "Херсон|Херсонщина",
	"UA-68":  "Khmelnytsky|Khmelnitsky|Khmel'nyts'kyy|Khmelnitskiy|Хмельницький|Хмельницкий",
	"UA-71":  "Cherkassy|Черкаси|Черкассы|Черкащина",
	"UA-74":  "Chernigov|Chernihiv|Чернігів|Чернигов|Чернігівщина",
	"UA-77":  "Chernovtsy|Chernivtsi|Чернівці|Черновцы|Буковина|Bukovina",
	"RU-BEL": "Белгород|Бєлгород|Бєлгородщина", "RU-BRY": "Брянск|Брянськ", "RU-KRS": "Курск|Курськ",
	"RU-ROS": "Rostov-on-Don|Ростов|Ростов-на-Дону", "RU-VOR": "Воронеж|Вороніж",
	"RU-KDA": "Краснодар|Kuban|Кубань", "RU-MOS": "Moscow Region|Подмосковье|Підмосков'я",
	"RU-MOW": "Moscow City|City of Moscow|г. Москва|м. Москва", "RU-ORL": "Orel|Orlov|Орел",
	"RU-AD": "Adygeya|Adygea|Адыгея|Адигея", "RU-MO": "Mordoviya|Мордовия", "RU-SAR": "Саратов",
	"RU-TA": "Татарстан", "RU-BA": "Bashkiria|Башкирия", "RU-CE": "Chechnya|Чечня",
	"RU-CU": "Chuvashia|Чувашия", "RU-UD": "Udmurtia|Удмуртия", "RU-SA": "Sakha|Yakutia|Якутия|Саха",
	"RU-SE": "North Ossetia|Северная Осетия", "RU-TY": "Tyva|Тыва|Тува", "RU-KR": "Karelia|Карелия",
	"RU-KB": "Kabardino-Balkaria", "RU-KC": "Karachay-Cherkessia", "RU-ZAB": "Transbaikal|Zabaykalye",
	"RU-PRI": "Primorye", "RU-KHM": "Khanty-Mansi|Yugra", "RU-SPE": "St. Petersburg City|Leningrad City",
	"RU-YAN": "Yamal|Yamalia", "RU-CHU": "Chukotka", "RU-KEM": "Kuzbass|Кузбасс", "RU-NIZ": "Nizhniy Novgorod",
}
