# Figures of R's survey and laeken packages: `Rscript figures.R FOLDER` reads sample.csv and lonely.csv of the folder,
# writes there the public data sets that it used (apiclus1.csv, eusilc.csv) and figures.tsv: name, then numbers.
suppressMessages({library(survey); library(laeken)})
folder <- commandArgs(TRUE)[1]
out <- file(file.path(folder, "figures.tsv"), "w")
say <- function(name, ...) cat(name, sprintf("%.17g", c(...)), sep = "\t", file = out)
line <- function(name, ...) { say(name, ...); cat("\n", file = out) }
both <- function(name, s) line(name, coef(s), SE(s))

line("survey_version", as.numeric(unlist(packageVersion("survey"))))
line("laeken_version", as.numeric(unlist(packageVersion("laeken"))))

t <- read.csv(file.path(folder, "sample.csv"))
d <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = t, nest = TRUE)
f <- svydesign(id = ~village, strata = ~stratum, weights = ~w, fpc = ~villages, data = t, nest = TRUE)
s <- svydesign(id = ~1, weights = ~w, data = t)

m <- svymean(~y, d, deff = TRUE)
line("mean", coef(m), SE(m), confint(m, df = degf(d)), degf(d), deff(m))
both("mean_fpc", svymean(~y, f))
both("mean_unclustered", svymean(~y, s))
m <- svytotal(~y, d, deff = TRUE)
line("total", coef(m), SE(m), confint(m, df = degf(d)), deff(m))
both("total_fpc", svytotal(~y, f))
m <- svyratio(~y, ~x, d)
line("ratio", coef(m), SE(m), confint(m, df = degf(d)))
p <- svyciprop(~poor, d, method = "logit", level = 0.95)
line("logit", coef(p), SE(p), attr(p, "ci"))
by <- svyby(~y, ~kind, d, svymean)
line("by_mean", coef(by), SE(by))
by <- svyby(~y, ~kind, f, svytotal)
line("by_total_fpc", coef(by), SE(by))
by <- svyby(~y, ~kind, d, svyratio, denominator = ~x)
line("by_ratio", coef(by), SE(by))
both("domain_mean", svymean(~y, subset(d, kind == 1 & y > 0)))
gap <- subset(d, village %% 3 != 0 & y > 0)
both("gap_mean", svymean(~y, gap))
both("gap_total_fpc", svytotal(~y, subset(f, village %% 3 != 0 & y > 0)))
q <- svyquantile(~y, gap, 0.5, qrule = "school", interval.type = "mean", df = degf(d))
line("gap_median", q$y[1, 1:4])
both("missing_mean", svymean(~known, d, na.rm = TRUE))
q <- svyquantile(~y, d, 0.5, qrule = "school", interval.type = "mean", df = degf(d))
line("median", q$y[1, 1:4])
t$change <- t$later - t$y
dd <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = t, nest = TRUE)
both("paired", svymean(~change, dd))
g <- svyglm(change ~ moved, dd)
line("did", coef(g)[2], SE(g)[2], confint(g, ddf = g$df.residual)[2, ], g$df.residual)
g <- svyglm(change ~ kind, dd)
line("did_mixed", coef(g)[2], SE(g)[2], confint(g, ddf = g$df.residual)[2, ], g$df.residual)
# Nonlinear figures by the delta method over totals and shares.
t$y0 <- pmax(t$y, 0); t$ylog <- ifelse(t$y0 > 0, t$y0 * log(pmax(t$y0, 1)), 0); t$one <- 1
t$n1 <- t$moved; t$n0 <- 1 - t$moved; t$y1 <- t$y0 * t$n1; t$yz <- t$y0 * t$n0
dt <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = t, nest = TRUE)
both("theil_within", svycontrast(svytotal(~y0 + ylog + one + n1 + n0 + y1 + yz, dt), quote(
  1 - (y1 / y0 * log(y1 / n1) + yz / y0 * log(yz / n0) - log(y0 / one)) / (ylog / y0 - log(y0 / one)))))
both("concentration", svycontrast(svymean(~factor(x), d), quote(
  `factor(x)1`^2 + `factor(x)2`^2 + `factor(x)3`^2 + `factor(x)4`^2 + `factor(x)5`^2 + `factor(x)6`^2 + `factor(x)7`^2)))
line("gini", gini(pmax(t$y, 0), weights = t$w)$value / 100)
# A project's household table: means over households, poverty over persons, a ratio, a difference in differences.
p <- read.csv(file.path(folder, "project.csv"))
for (name in setdiff(names(p), c("village", "stratum", "w", "hh_size", "moved", "children_n", "children_out_n"))) {
  p$one_column <- p[[name]]
  dp <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = p, nest = TRUE)
  both(paste0("project_", name), svymean(~one_column, subset(dp, !is.na(one_column))))
}
persons <- svydesign(id = ~village, strata = ~stratum, weights = ~I(w * hh_size), data = p, nest = TRUE)
known <- subset(persons, !is.na(inc_pc))
both("project_poor", svymean(~I(as.numeric(inc_pc < 4000)), known))
both("project_gap", svymean(~I(ifelse(inc_pc < 4000, (4000 - pmax(inc_pc, 0)) / 4000, 0)), known))
both("project_square", svymean(~I(ifelse(inc_pc < 4000, ((4000 - pmax(inc_pc, 0)) / 4000)^2, 0)), known))
has <- p[!is.na(p$inc_pc), ]
line("project_gini", gini(pmax(has$inc_pc, 0), weights = has$w * has$hh_size)$value / 100)
mpi <- subset(persons, !is.na(mpi_score))
both("project_m0", svymean(~I(ifelse(mpi_score >= 8 / 24, mpi_score, 0)), mpi))
both("project_a", svyratio(~I(ifelse(mpi_score >= 8 / 24, mpi_score, 0)), ~I(as.numeric(mpi_score >= 8 / 24)), mpi))
dp <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = p, nest = TRUE)
both("project_dropout", svyratio(~children_out_n, ~children_n, subset(dp, !is.na(children_n) & children_n > 0)))
g <- svyglm(I(u_living - u_living_b) ~ moved, subset(dp, !is.na(u_living) & !is.na(u_living_b)))
line("project_did", coef(g)[2], SE(g)[2])

l <- read.csv(file.path(folder, "lonely.csv"))
l <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = l, nest = TRUE)
for (rule in c("adjust", "certainty")) {
  options(survey.lonely.psu = rule)
  both(paste0("lonely_mean_", rule), svymean(~y, l))
  both(paste0("lonely_total_", rule), svytotal(~y, l))
  m <- svyratio(~y, ~x, l)
  line(paste0("lonely_ratio_", rule), coef(m), SE(m))
}
options(survey.lonely.psu = "fail")

data(api)
write.csv(apiclus1[c("dnum", "pw", "fpc", "stype", "api00", "enroll", "api.stu")], file.path(folder, "apiclus1.csv"))
a <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
both("api_mean", svymean(~api00, a))
both("api_total", svytotal(~enroll, a))
m <- svyratio(~api.stu, ~enroll, a)
line("api_ratio", coef(m), SE(m))
by <- svyby(~api00, ~stype, a, svymean)
line("api_by", coef(by), SE(by))

data(eusilc)
write.csv(eusilc[c("db030", "db040", "rb050", "eqIncome")], file.path(folder, "eusilc.csv"))
line("eusilc_gini", gini("eqIncome", weights = "rb050", data = eusilc)$value / 100)
line("eusilc_median", weightedMedian(eusilc$eqIncome, eusilc$rb050))
e <- svydesign(id = ~db030, strata = ~db040, weights = ~rb050, data = eusilc)
both("eusilc_mean", svymean(~eqIncome, e))
by <- svyby(~eqIncome, ~db040, e, svymean)
line("eusilc_by", coef(by), SE(by))
close(out)
