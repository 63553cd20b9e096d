package sky

import (
	"errors"
	"math"
	"time"
)

// Constants of WGS-72, with which elements are made.
const (
	earth = 6378.135 // km
	mu    = 398600.8 // km³/s²
	j2    = 0.001082616
	j3    = -0.00000253881
	j4    = -0.00000165597
)

var xke = 60 / math.Sqrt(earth*earth*earth/mu) // earth radii^1.5 per minute

// ErrDecayed says that the elements leave no orbit at the time asked for.
var ErrDecayed = errors.New("by its elements the satellite has come down by then")

// Satellite is a set of elements made ready to be propagated. It does not change
// and may be used by several goroutines at once.
type Satellite struct {
	Elements
	simple                    bool // perigee below 220 km
	motion0, axis0            float64
	con41, x1mth2, x7thm1     float64
	cosI, sinI                float64
	eta, delmo, sinmo         float64
	cc1, cc4, cc5, d2, d3, d4 float64
	t2, t3, t4, t5            float64
	mdot, perigeedot, nodedot float64
	nodecf, omgcof, xmcof     float64
	fastest                   float64 // see nearing
	xlcof, aycof              float64
}

// New makes elements ready. The names follow the published code.
func New(e *Elements) *Satellite {
	s := &Satellite{Elements: *e}
	s.cosI, s.sinI = math.Cos(e.incl), math.Sin(e.incl)
	cos2, ecc2 := s.cosI*s.cosI, e.ecc*e.ecc
	omeosq := 1 - ecc2
	rteosq := math.Sqrt(omeosq)
	// The mean motion of the two lines is Kozai's; Brouwer's is wanted.
	ak := math.Pow(xke/e.motion, 2.0/3)
	d1 := 0.75 * j2 * (3*cos2 - 1) / (rteosq * omeosq)
	del := d1 / (ak * ak)
	adel := ak * (1 - del*del - del*(1.0/3+134*del*del/81))
	del = d1 / (adel * adel)
	s.motion0 = e.motion / (1 + del)
	ao := math.Pow(xke/s.motion0, 2.0/3)
	s.axis0 = ao
	s.fastest = s.nearing()
	po := ao * omeosq
	con42 := 1 - 5*cos2
	s.con41 = -con42 - cos2 - cos2
	posq := po * po
	rp := ao * (1 - e.ecc)
	s.simple = rp < 220/earth+1
	sfour, qzms24 := 78/earth+1, math.Pow((120-78)/earth, 4)
	if perige := (rp - 1) * earth; perige < 156 {
		sfour = perige - 78
		if perige < 98 {
			sfour = 20
		}
		qzms24 = math.Pow((120-sfour)/earth, 4)
		sfour = sfour/earth + 1
	}
	pinvsq := 1 / posq
	tsi := 1 / (ao - sfour)
	s.eta = ao * e.ecc * tsi
	etasq, eeta := s.eta*s.eta, e.ecc*s.eta
	psisq := math.Abs(1 - etasq)
	coef := qzms24 * math.Pow(tsi, 4)
	coef1 := coef / math.Pow(psisq, 3.5)
	cc2 := coef1 * s.motion0 * (ao*(1+1.5*etasq+eeta*(4+etasq)) + 0.375*j2*tsi/psisq*s.con41*(8+3*etasq*(8+etasq)))
	s.cc1 = e.bstar * cc2
	cc3 := 0.0
	if e.ecc > 1e-4 {
		cc3 = -2 * coef * tsi * (j3 / j2) * s.motion0 * s.sinI / e.ecc
	}
	s.x1mth2 = 1 - cos2
	s.cc4 = 2 * s.motion0 * coef1 * ao * omeosq * (s.eta*(2+0.5*etasq) + e.ecc*(0.5+2*etasq) -
		j2*tsi/(ao*psisq)*(-3*s.con41*(1-2*eeta+etasq*(1.5-0.5*eeta))+0.75*s.x1mth2*(2*etasq-eeta*(1+etasq))*math.Cos(2*e.perigee)))
	s.cc5 = 2 * coef1 * ao * omeosq * (1 + 2.75*(etasq+eeta) + eeta*etasq)
	cos4 := cos2 * cos2
	temp1 := 1.5 * j2 * pinvsq * s.motion0
	temp2 := 0.5 * temp1 * j2 * pinvsq
	temp3 := -0.46875 * j4 * pinvsq * pinvsq * s.motion0
	s.mdot = s.motion0 + 0.5*temp1*rteosq*s.con41 + 0.0625*temp2*rteosq*(13-78*cos2+137*cos4)
	s.perigeedot = -0.5*temp1*con42 + 0.0625*temp2*(7-114*cos2+395*cos4) + temp3*(3-36*cos2+49*cos4)
	xhdot1 := -temp1 * s.cosI
	s.nodedot = xhdot1 + (0.5*temp2*(4-19*cos2)+2*temp3*(3-7*cos2))*s.cosI
	s.omgcof = e.bstar * cc3 * math.Cos(e.perigee)
	if e.ecc > 1e-4 {
		s.xmcof = -2.0 / 3 * coef * e.bstar / eeta
	}
	s.nodecf = 3.5 * omeosq * xhdot1 * s.cc1
	s.t2 = 1.5 * s.cc1
	down := 1 + s.cosI
	if math.Abs(down) < 1.5e-12 {
		down = 1.5e-12
	}
	s.xlcof = -0.25 * (j3 / j2) * s.sinI * (3 + 5*s.cosI) / down
	s.aycof = -0.5 * (j3 / j2) * s.sinI
	s.delmo = math.Pow(1+s.eta*math.Cos(e.anomaly), 3)
	s.sinmo = math.Sin(e.anomaly)
	s.x7thm1 = 7*cos2 - 1
	if s.simple {
		return s
	}
	cc1sq := s.cc1 * s.cc1
	s.d2 = 4 * ao * tsi * cc1sq
	temp := s.d2 * tsi * s.cc1 / 3
	s.d3 = (17*ao + sfour) * temp
	s.d4 = 0.5 * temp * ao * tsi * (221*ao + 31*sfour) * s.cc1
	s.t3 = s.d2 + 2*cc1sq
	s.t4 = 0.25 * (3*s.d3 + s.cc1*(12*s.d2+10*cc1sq))
	s.t5 = 0.2 * (3*s.d4 + 12*s.cc1*s.d3 + 6*s.d2*s.d2 + 15*cc1sq*(2*s.d2+cc1sq))
	return s
}

// At returns position (km) and velocity (km/s) in the frame of the true equator
// and mean equinox (TEME).
func (s *Satellite) At(t time.Time) (r, v [3]float64, err error) {
	return s.after(t.Sub(s.Epoch).Minutes())
}

// after propagates by minutes since the epoch.
func (s *Satellite) after(t float64) (r, v [3]float64, err error) {
	// Secular gravity and drag.
	xmdf := s.anomaly + s.mdot*t
	argpdf := s.perigee + s.perigeedot*t
	nodedf := s.node + s.nodedot*t
	argpm, mm := argpdf, xmdf
	t2 := t * t
	nodem := nodedf + s.nodecf*t2
	tempa, tempe, templ := 1-s.cc1*t, s.bstar*s.cc4*t, s.t2*t2
	if !s.simple {
		delomg := s.omgcof * t
		delm := s.xmcof * (math.Pow(1+s.eta*math.Cos(xmdf), 3) - s.delmo)
		mm, argpm = xmdf+delomg+delm, argpdf-delomg-delm
		t3 := t2 * t
		t4 := t3 * t
		tempa -= s.d2*t2 + s.d3*t3 + s.d4*t4
		tempe += s.bstar * s.cc5 * (math.Sin(mm) - s.sinmo)
		templ += s.t3*t3 + t4*(s.t4+t*s.t5)
	}
	am := math.Pow(xke/s.motion0, 2.0/3) * tempa * tempa
	nm := xke / math.Pow(am, 1.5)
	em := s.ecc - tempe
	if em >= 1 || em < -0.001 || am < 0.95 || math.IsNaN(am) {
		return r, v, ErrDecayed
	}
	em = max(em, 1e-6)
	mm += s.motion0 * templ
	xlm := math.Mod(mm+argpm+nodem, 2*math.Pi)
	nodem, argpm = math.Mod(nodem, 2*math.Pi), math.Mod(argpm, 2*math.Pi)
	mm = math.Mod(xlm-argpm-nodem, 2*math.Pi)

	// Long period.
	axnl := em * math.Cos(argpm)
	temp := 1 / (am * (1 - em*em))
	aynl := em*math.Sin(argpm) + temp*s.aycof
	xl := mm + argpm + nodem + temp*s.xlcof*axnl

	// Kepler's equation.
	u := math.Mod(xl-nodem, 2*math.Pi)
	eo, step := u, 9999.9
	var sinE, cosE float64
	for i := 0; math.Abs(step) >= 1e-12 && i < 10; i++ {
		sinE, cosE = math.Sincos(eo)
		step = (u - aynl*cosE + axnl*sinE - eo) / (1 - cosE*axnl - sinE*aynl)
		step = max(-0.95, min(0.95, step))
		eo += step
	}

	// Short period.
	ecosE, esinE := axnl*cosE+aynl*sinE, axnl*sinE-aynl*cosE
	el2 := axnl*axnl + aynl*aynl
	pl := am * (1 - el2)
	if pl < 0 {
		return r, v, ErrDecayed
	}
	rl := am * (1 - ecosE)
	rdotl, rvdotl := math.Sqrt(am)*esinE/rl, math.Sqrt(pl)/rl
	betal := math.Sqrt(1 - el2)
	temp = esinE / (1 + betal)
	sinu := am / rl * (sinE - aynl - axnl*temp)
	cosu := am / rl * (cosE - axnl + aynl*temp)
	su := math.Atan2(sinu, cosu)
	sin2u, cos2u := 2*cosu*sinu, 1-2*sinu*sinu
	temp = 1 / pl
	temp1 := 0.5 * j2 * temp
	temp2 := temp1 * temp
	mrt := rl*(1-1.5*temp2*betal*s.con41) + 0.5*temp1*s.x1mth2*cos2u
	su -= 0.25 * temp2 * s.x7thm1 * sin2u
	xnode := nodem + 1.5*temp2*s.cosI*sin2u
	xinc := s.incl + 1.5*temp2*s.cosI*s.sinI*cos2u
	mvt := rdotl - nm*temp1*s.x1mth2*sin2u/xke
	rvdot := rvdotl + nm*temp1*(s.x1mth2*cos2u+1.5*s.con41)/xke
	if mrt < 1 {
		return r, v, ErrDecayed
	}

	// Into the frame.
	sinS, cosS := math.Sincos(su)
	sinN, cosN := math.Sincos(xnode)
	sinI, cosI := math.Sincos(xinc)
	xmx, xmy := -sinN*cosI, cosN*cosI
	up := [3]float64{xmx*sinS + cosN*cosS, xmy*sinS + sinN*cosS, sinI * sinS}
	along := [3]float64{xmx*cosS - cosN*sinS, xmy*cosS - sinN*sinS, sinI * cosS}
	for i := range r {
		r[i] = mrt * up[i] * earth
		v[i] = (mvt*up[i] + rvdot*along[i]) * earth * xke / 60
	}
	return r, v, nil
}
